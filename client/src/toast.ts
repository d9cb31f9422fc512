/** A short message at the foot of the page, with at most one action. */
import Alpine from '@alpinejs/csp'

export interface ToastMessage {
  text: string
  action?: { label: string; run: () => void }
}

const EVENT_TOAST = 'toast'
const VISIBLE_MS = 8_000

export function showToast(message: ToastMessage): void {
  window.dispatchEvent(new CustomEvent(EVENT_TOAST, { detail: message }))
}

/** Registers the component of partials/toast.html; a message with an action stays until it is used or closed. */
export function registerToast(): void {
  Alpine.data('toast', () => ({
    message: null as ToastMessage | null,
    timer: 0,

    init() {
      window.addEventListener(EVENT_TOAST, (event) => {
        this.open((event as CustomEvent<ToastMessage>).detail)
      })
    },

    get isOpen(): boolean {
      return this.message !== null
    },

    get text(): string {
      return this.message?.text ?? ''
    },

    get hasAction(): boolean {
      return this.message?.action !== undefined
    },

    get actionLabel(): string {
      return this.message?.action?.label ?? ''
    },

    open(message: ToastMessage) {
      window.clearTimeout(this.timer)
      this.message = message
      if (message.action === undefined) {
        this.timer = window.setTimeout(() => {
          this.close()
        }, VISIBLE_MS)
      }
    },

    runAction() {
      const action = this.message?.action
      this.close()
      action?.run()
    },

    close() {
      this.message = null
    },
  }))
}
