import { expect, it } from 'vitest'
import { whyUnseen } from './unseen.ts'

it('shortens garbage, and not the sentence around it', () => {
  const said = '\u001au/c'.repeat(100)
  const { message = '' } = whyUnseen({ kind: 'garbled', said, tookMs: 1 }) ?? {}
  expect(message).toMatch(/^nvidia-smi says ".*…", which is no answer to what it was asked$/)
  expect(message.length).toBeLessThan(200)
})
