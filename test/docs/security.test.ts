import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname

describe('what a hostile plug-in can do, as docs/security.md says', () => {
  it('names a test of each line by its sentence', async () => {
    const page = await readFile(join(ROOT, 'docs/security.md'), 'utf8')
    const [, section = ''] = page.split('## What a hostile plug-in can do')
    const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => /^\| (?!It may|-)/.test(line))
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) {
      const [, path = '', sentence = ''] = /`([^`]+\.ts)`: (.+?) \|$/.exec(row) ?? []
      const text = await readFile(join(ROOT, path), 'utf8').catch(() => '')
      expect(text.includes(sentence) && sentence !== '', `${path}: ${sentence} (${row})`).toBe(true)
    }
  })
})
