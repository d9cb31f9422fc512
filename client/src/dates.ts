/** A day in the visitor's own way of writing dates; an empty string for what is none. */
export function describeDay(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleDateString([], { dateStyle: 'long' })
}
