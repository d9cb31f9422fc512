/**
 * A notification that a song is ready, for whoever asked for one by the page's button.
 *
 * It is shown by a service worker: phones know no other way, and its click outlives the page that asked.
 */
import notifierUrl from './notifier?worker&url'

export type Permission = 'unsupported' | 'default' | 'granted' | 'denied'

export function readPermission(): Permission {
  // Service workers are missing on pages without HTTPS.
  return 'Notification' in window && 'serviceWorker' in navigator ? Notification.permission : 'unsupported'
}

/** Asks the visitor, and has the worker ready for the moment; to be called from a click. */
export async function askPermission(): Promise<Permission> {
  const permission = await Notification.requestPermission()
  if (permission === 'granted') await prepare()
  return permission
}

async function prepare(): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.register(notifierUrl, { type: 'module' })
  const worker = registration.installing ?? registration.waiting
  if (registration.active === null && worker !== null) {
    await new Promise<void>((resolve) => {
      worker.addEventListener('statechange', () => {
        if (worker.state !== 'installing' && worker.state !== 'installed') resolve()
      })
    })
  }
  return registration
}

/** Shows a notification that opens `url`; without permission, or where it fails, nothing happens. */
export async function notify(title: string, text: string, url: string): Promise<void> {
  if (readPermission() !== 'granted') return
  try {
    const registration = await prepare()
    await registration.showNotification(title, { body: text, tag: url, data: url, icon: '/favicon-ready.svg' })
  } catch {
    // The title of the tab tells it too.
  }
}
