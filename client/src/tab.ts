/** The browser tab's title and icon. */
import { SHARED } from './words/shared'

const ICON = '/favicon.svg'
const ICON_READY = '/favicon-ready.svg'

export function setTitle(title: string): void {
  document.title = title + SHARED.titleEnd
}

/** Marks the tab of a hidden page until the visitor opens it. */
export function markUnseen(): void {
  if (document.visibilityState === 'visible') return
  showIcon(ICON_READY)
  document.addEventListener('visibilitychange', () => { showIcon(ICON) }, { once: true })
}

function showIcon(url: string): void {
  document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.setAttribute('href', url)
}
