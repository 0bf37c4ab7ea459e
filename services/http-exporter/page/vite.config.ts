/** Builds the page: one HTML file, one script and one style sheet with hashed names, nothing inline, nothing from outside. */
import { join } from 'node:path'
import { defineConfig } from 'vite'

const ROOT = join(import.meta.dirname, '../../..')

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page also works behind `kubectl proxy` and other paths.
  base: './',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(ROOT, 'dist/page'),
    emptyOutDir: true,
    target: ['chrome120', 'firefox121', 'safari17.4'],
    // An inlined asset would be a data: address, which the Content-Security-Policy allows for images only.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
  },
})
