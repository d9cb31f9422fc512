/** A range of seconds in words, too coarse to jump with every snapshot. */
import { WORDS } from './words/waiting'

const MINUTE_S = 60

export function describeEta([low_s, high_s]: [number, number]): string {
  if (high_s < MINUTE_S) return WORDS.lessThanMinute
  const low_min = Math.max(1, Math.round(low_s / MINUTE_S))
  const high_min = Math.max(low_min, Math.ceil(high_s / MINUTE_S))
  if (low_min === high_min) return low_min === 1 ? WORDS.aboutMinute : WORDS.aboutMinutes(low_min)
  return WORDS.fromToMinutes(low_min, high_min)
}
