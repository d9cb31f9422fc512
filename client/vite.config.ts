/** Builds the three pages into dist/; the server fills in their Jinja expressions, which stay untouched here. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

/** Replaces `<!-- include: NAME -->` by partials/NAME.html, so that what the pages share is written once. */
const includePartials: Plugin = {
  name: 'include-partials',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html.replace(/<!-- include: (\w+) -->/g, (_comment, name: string) =>
        readFileSync(new URL(`partials/${name}.html`, import.meta.url), 'utf8').trim(),
      ),
  },
}

export default defineConfig({
  plugins: [includePartials],
  build: {
    // The site's content security policy allows no data: fonts or images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'waiting.html', 'result.html'] },
  },
})
