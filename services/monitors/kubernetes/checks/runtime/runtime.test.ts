/** The check at a real containerd, which is stopped, killed and made to stand still. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import { findingOf, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { createContainerd, type TestContainerd, whyNoContainerd } from '../../../../../libs/cri/testing-containerd.ts'
import { runtime } from './check.ts'
import { schema } from './config.ts'

const why = whyNoContainerd()
if (why !== '') console.log(`services/monitors/kubernetes/checks/runtime/runtime.test.ts ${why}`)

/** The system's clock, by which answers are waited for, and which a test moves on. */
function movedClock() {
  const hand = handClock()
  const real = systemClock()
  return { ...real, pass: hand.pass, step: hand.step }
}

describe.skipIf(why !== '')('containerd', () => {
  let containerd: TestContainerd

  beforeAll(async () => {
    containerd = await createContainerd()
    await containerd.start()
  })
  afterAll(() => containerd?.[Symbol.asyncDispose]())

  function start(keys: object = {}) {
    const config = schema.parse({ criSocket: `unix://${containerd.socket}`, callTimeout: '300ms', ...keys })
    const setting = { root: '', config, memory: heldMemory(), clock: movedClock() }
    return startCheck(runtime, setting)
  }
  const healthOf = async (check: ReturnType<typeof start>) => findingOf(await check.run(), 'ContainerRuntimeUnhealthy')
  const untilWell = (check: ReturnType<typeof start>) =>
    expect.poll(async () => (await healthOf(check)).reason, { timeout: 20_000 }).toBe('RuntimeAnswers')

  test('that runs is well, says that it has no CNI here, and has no pod that is stuck', async () => {
    const check = start()
    await untilWell(check)
    await check.run()
    const result = await check.run()
    expect(findingOf(result, 'ContainerRuntimeUnhealthy')).toMatchObject({
      health: 'healthy',
      message: expect.stringMatching(/^containerd v?\d+\.\d+\S* answers$/),
    })
    expect(findingOf(result, 'ContainerRuntimeSlow')).toMatchObject({ health: 'healthy', reason: 'AnswersInTime' })
    expect(findingOf(result, 'PodsStuck')).toMatchObject({ health: 'healthy', message: '0 pods stuck, limit 1' })
    expect(findingOf(result, 'PodNetworkNotReady')).toMatchObject({
      health: 'problem',
      severity: 'critical',
      reason: 'NetworkNotReady',
      message: expect.stringContaining('NetworkReady is false: NetworkPluginNotReady: '),
    })
  })

  test('that was killed is a problem from the second check on, and one that is back closes it', async () => {
    const check = start()
    await untilWell(check)
    await containerd.signal('SIGKILL')
    expect(await healthOf(check)).toMatchObject({ health: 'healthy', pending: true, reason: 'NotSustainedYet' })
    expect(await healthOf(check)).toMatchObject({
      health: 'problem',
      severity: 'critical',
      reason: 'ConnectionRefused',
      message: expect.stringMatching(/^connection refused at .*: the container runtime is not running/),
      action: 'restart-service',
    })
    await containerd.start()
    await untilWell(check)
  })

  test('that was stopped in order, and took its socket along, is a problem too', async () => {
    const check = start()
    await untilWell(check)
    await containerd.signal('SIGTERM')
    await check.run()
    expect(await healthOf(check)).toMatchObject({ health: 'problem', reason: 'RuntimeStopped' })
    await containerd.start()
    await untilWell(check)
  })

  test('that stands still hangs, and the check of it ends all the same', async () => {
    const check = start()
    await untilWell(check)
    await containerd.signal('SIGSTOP')
    await check.run()
    const result = await check.run()
    await containerd.signal('SIGCONT')
    expect(findingOf(result, 'ContainerRuntimeUnhealthy')).toMatchObject({
      health: 'problem',
      reason: 'RuntimeHangs',
      message: expect.stringMatching(
        /^no answer to Version at .* within 300 ms: the container runtime hangs or is overloaded/,
      ),
    })
    for (const type of ['ContainerRuntimeSlow', 'PodNetworkNotReady', 'PodsStuck'])
      expect(findingOf(result, type)).toMatchObject({ health: 'unknown', reason: 'NotAnswered' })
    await untilWell(check)
  })
})
