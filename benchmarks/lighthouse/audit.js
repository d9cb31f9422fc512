/**
 * Looks at pages with Lighthouse, one after the other in one Chromium: reads a job from stdin, writes a
 * list of reports to stdout, both as JSON. The fields are those of __init__.py.
 */
import { json } from 'node:stream/consumers'
import { launch } from 'chrome-launcher'
import lighthouse from 'lighthouse'

const MAX_TRIES = 3

const { urls, chromium, chromium_flags, categories } = await json(process.stdin)
const chrome = await launch({ chromePath: chromium, chromeFlags: chromium_flags, logLevel: 'silent' })
const options = {
  port: chrome.port,
  logLevel: 'silent',
  output: 'json',
  onlyCategories: categories,
  disableFullPageScreenshot: true,
  // The page of an address that is unknown is a page, too.
  ignoreStatusCode: true,
}

function describe({ categories: rated, audits, runtimeError }) {
  const failed = Object.values(rated).flatMap(({ auditRefs }) =>
    auditRefs.filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 1).map(({ id }) => id))
  return {
    error: runtimeError?.message ?? null,
    scores: Object.fromEntries(Object.entries(rated).map(([id, { score }]) => [id, score * 100])),
    failed,
    metrics: Object.fromEntries(
      Object.entries(audits).flatMap(([id, { numericValue }]) => (numericValue === undefined ? [] : [[id, numericValue]])),
    ),
  }
}

/** On a busy machine a trace may come out incomplete; Lighthouse then asks to be run again. */
async function look(url, tries_left = MAX_TRIES) {
  const { lhr } = await lighthouse(url, options)
  return lhr.runtimeError && tries_left > 1 ? look(url, tries_left - 1) : describe(lhr)
}

try {
  const reports = []
  for (const url of urls) reports.push(await look(url))
  process.stdout.write(JSON.stringify(reports))
} finally {
  await chrome.kill()
}
