/**
 * The notification that a song is ready, for visitors who asked for it.
 *
 * A service worker shows it: phones allow no other way, and a click works even after the page is closed.
 */
import notifierUrl from './notifier?worker&url'

export type Permission = 'unsupported' | 'default' | 'granted' | 'denied'

export function readPermission(): Permission {
  // Pages without HTTPS have no service workers.
  return 'Notification' in window && 'serviceWorker' in navigator ? Notification.permission : 'unsupported'
}

/** Asks for permission, and registers the worker; call it from a click. */
export async function askPermission(): Promise<Permission> {
  const permission = await Notification.requestPermission()
  if (permission === 'granted') await register()
  return permission
}

async function register(): Promise<ServiceWorkerRegistration> {
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

/** Shows a notification that opens `url`; does nothing without permission, or if that fails. */
export async function notify(title: string, text: string, url: string): Promise<void> {
  if (readPermission() !== 'granted') return
  try {
    const registration = await register()
    await registration.showNotification(title, { body: text, tag: url, data: url, icon: '/favicon-ready.svg' })
  } catch {
    // The tab's title says it, too.
  }
}
