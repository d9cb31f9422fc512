/** The song service's lyrics: lines, with section names such as [Chorus] on their own lines. */
export interface LyricsSection {
  heading: string
  lines: string[]
}

const SECTION_LINE = /^\[(.+)\]$/

/** The sections in order; lines before the first section name have an empty heading. */
export function parseLyrics(lyrics: string): LyricsSection[] {
  const sections: LyricsSection[] = [{ heading: '', lines: [] }]
  for (const line of lyrics.split(/\r?\n/).map((text) => text.trim())) {
    const heading = SECTION_LINE.exec(line)?.[1]
    if (heading !== undefined) sections.push({ heading, lines: [] })
    else if (line !== '') sections.at(-1)?.lines.push(line)
  }
  return sections.filter(({ heading, lines }) => heading !== '' || lines.length > 0)
}
