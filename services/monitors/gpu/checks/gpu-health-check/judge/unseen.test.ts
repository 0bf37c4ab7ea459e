import { expect, it } from 'vitest'
import { failureOf } from '../../../smi/failure.ts'
import { whyUnseen } from './unseen.ts'

it('tells the cure of a container that lost its devices', () => {
  const said = 'Failed to initialize NVML: Unknown Error'
  expect(whyUnseen({ kind: 'failed', failure: failureOf(said), said, tookMs: 1 })).toMatchObject({
    reason: 'ProbeFailed',
    message:
      'nvidia-smi says: Failed to initialize NVML: Unknown Error; a container loses its devices when systemd is reloaded (systemctl daemon-reload): restart the pod',
  })
})

it('shortens garbage, and not the sentence around it', () => {
  const said = '\u001au/c'.repeat(100)
  const { message = '' } = whyUnseen({ kind: 'garbled', said, tookMs: 1 }) ?? {}
  expect(message).toMatch(/^nvidia-smi says ".*…", which is no answer to what it was asked$/)
  expect(message.length).toBeLessThan(200)
})
