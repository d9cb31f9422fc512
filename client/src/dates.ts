/** A day in the visitor's date format; an empty string for an invalid timestamp. */
export function describeDay(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleDateString([], { dateStyle: 'long' })
}
