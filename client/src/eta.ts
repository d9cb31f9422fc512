/** A range of seconds in words, coarse enough not to jump with every snapshot. */
const MINUTE_S = 60

export function describeEta([low_s, high_s]: [number, number]): string {
  if (high_s < MINUTE_S) return 'Less than a minute to go.'
  const low_min = Math.max(1, Math.round(low_s / MINUTE_S))
  const high_min = Math.max(low_min, Math.ceil(high_s / MINUTE_S))
  if (low_min === high_min) return low_min === 1 ? 'About a minute to go.' : `About ${String(low_min)} minutes to go.`
  return `About ${String(low_min)} to ${String(high_min)} minutes to go.`
}
