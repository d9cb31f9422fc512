/** Builds the four pages into dist/; the server fills in their Jinja expressions, which stay untouched here. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { fillIn } from './templates.ts'

const fillInPages: Plugin = {
  name: 'fill-in-pages',
  transformIndexHtml: {
    order: 'pre',
    handler: (html, { path }) => fillIn(html, path),
  },
}

const COMPRESSED = /\.(?:css|js|svg)$/

/** Writes each text of assets/ once more as .br and .gz, for the server to send instead. */
const compressAssets: Plugin = {
  name: 'compress-assets',
  writeBundle: ({ dir = '' }, bundle) => {
    for (const name of Object.keys(bundle).filter((file) => COMPRESSED.test(file))) {
      const path = join(dir, name)
      const content = readFileSync(path)
      writeFileSync(`${path}.br`, brotliCompressSync(content))
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
    }
  },
}

export default defineConfig({
  plugins: [fillInPages, compressAssets],
  build: {
    // The site's content security policy allows no data: fonts or images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'waiting.html', 'result.html', 'admin.html'] },
  },
})
