import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { bundle } from '../../../scripts/build/bundle.ts'
import { ALL_STEPS } from '../steps.ts'

const ROOT = join(import.meta.dirname, '../../..')

it.each(['remediator', 'host-actions'])('a release of %s has no step at which it could be killed', async (name) => {
  const folder = await mkdtemp(join(tmpdir(), 'nd-steps-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await bundle(ROOT, folder, { name, file: `services/${name}/main.ts` })
  const text = await readFile(join(folder, `${name}.mjs`), 'utf8')
  expect([...ALL_STEPS, 'NODE_DOCTOR_STEPS'].filter((word) => text.includes(word))).toEqual([])
  // Else it would be true of an empty file, too.
  expect(text.length).toBeGreaterThan(100_000)
})
