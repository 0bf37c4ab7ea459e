import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { testContext } from '../service/testing.ts'
import { defineMonitor } from './define.ts'
import { createMonitorService } from './service.ts'
import { checkOf, healthy, specOf } from './testing/scripted-monitor.ts'
import { closeStage, configOf, host, openStage, type Stage } from './testing/stage.ts'
import type { CheckDefinition, MonitorDefinition } from './types.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => closeStage(stage))

/** A probe that counts who uses it. */
interface Probe {
  readonly number: number
  uses: number
}

/** Two checks that look through one probe. */
function probing(shared: NonNullable<MonitorDefinition['shared']>): MonitorDefinition {
  const check = (type: string): CheckDefinition<unknown, Probe> => ({
    ...checkOf(() => ({ findings: [] }), { type: `${type.toLowerCase()}-check` }),
    conditions: [specOf(type)],
    create: ({ shared: probe }) => {
      return async (context) => {
        probe.uses++
        const message = `probe ${probe.number}, ${context.shared === probe ? 'the same' : 'another'}`
        return { findings: [{ ...healthy(type), message }] }
      }
    },
  })
  return defineMonitor({ name: 'tiny', description: '', checks: [check('One'), check('Two')], shared })
}

const BOTH = [
  { name: 'one', type: 'one-check' },
  { name: 'two', type: 'two-check' },
]

describe('what the checks of a monitor have together', () => {
  it.each(['close', Symbol.dispose, Symbol.asyncDispose] as const)(
    'is made once, given to each of them, and closed when they have ended, by %s',
    async (closes) => {
      const told: string[] = []
      const definition = probing(({ signal }) => {
        told.push('made')
        const probe: Probe = { number: told.length, uses: 0 }
        return Object.assign(probe, {
          [closes]() {
            told.push(`closed after ${probe.uses > 1 ? 'both' : 'one'}, ${signal.aborted ? 'stopping' : 'running'}`)
          },
        })
      })
      const { client, stop, ended } = await host(stage, definition, BOTH)
      const { report } = await client.call(MonitorService.check, { check: '' })
      expect(report?.observations.map(({ message }) => message)).toEqual(['probe 1, the same', 'probe 1, the same'])
      stop.abort()
      await ended
      expect(told).toEqual(['made', 'closed after both, stopping'])
    },
  )

  it('is not made where no check is configured', async () => {
    let made = 0
    await host(
      stage,
      probing(() => {
        made++
        return undefined
      }),
      [],
    )
    expect(made).toBe(0)
  })

  it('knows by which file the API server is asked, where the configuration says one', async () => {
    const told: (string | undefined)[] = []
    const definition = probing(({ kubeconfig }) => void told.push(kubeconfig))
    const service = createMonitorService(definition)
    const config = configOf(stage.runDir, BOTH)
    for (const settings of [config.settings, { ...config.settings, kubeconfig: '/etc/kubernetes/node-doctor.conf' }])
      await service.create(testContext('tiny', service.config({ ...config, settings }, {})))
    expect(told).toEqual([undefined, '/etc/kubernetes/node-doctor.conf'])
  })

  it('that cannot be closed holds nothing up, and that is said', async () => {
    const definition = probing(() => ({ number: 1, uses: 0, close: () => Promise.reject(new Error('busy')) }))
    const { stop, ended, messages } = await host(stage, definition, BOTH)
    stop.abort()
    await ended
    expect(messages()).toContain('what the checks had together cannot be closed')
  })
})
