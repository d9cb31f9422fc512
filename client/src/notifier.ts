/** The service worker for notifications: a click focuses the song's page, or opens it. */
interface NotificationClick extends Event {
  readonly notification: Notification
  waitUntil: (work: Promise<unknown>) => void
}

interface PageClient {
  readonly url: string
  focus: () => Promise<unknown>
}

interface Worker extends EventTarget {
  readonly clients: {
    matchAll: (options: { type: 'window'; includeUncontrolled: true }) => Promise<PageClient[]>
    openWindow: (url: string) => Promise<unknown>
  }
}

// TypeScript's types for workers conflict with those for pages.
const worker = self as unknown as Worker

async function open(url: string): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find((candidate) => new URL(candidate.url).pathname === url)
  await (page ? page.focus() : worker.clients.openWindow(url))
}

worker.addEventListener('notificationclick', (event) => {
  const click = event as NotificationClick
  click.notification.close()
  click.waitUntil(open(String(click.notification.data)))
})
