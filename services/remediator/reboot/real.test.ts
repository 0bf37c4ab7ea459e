/** The sequence with the real host-actions and a real logind, which reboots a machine of the test's own. */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { socketOf } from '#service-table'
import { mountLoop, processState, run } from '../../../libs/host/testing.ts'
import { whyNoSystemd } from '../../../libs/host/units/testing-systemd.ts'
import { startMachine, type TestMachine } from '../../host-actions/testing-machine.ts'
import { REBOOTING } from '../drain/cordon.ts'
import { createPlace } from '../drain/testing-pods.ts'
import { scenesOfTests } from '../testing-scene.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`a reboot by a real logind: ${why}`)

const LOGIND = '[Service]\nType=dbus\nBusName=org.freedesktop.login1\nExecStart=/lib/systemd/systemd-logind\n'
const POLL = { timeout: 30_000, interval: 100 }
const NODE = 'worker-7'

const ends: (() => PromiseLike<unknown>)[] = []
// Before the scenes' own: a scene ends before what it talks to.
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
const scenes = scenesOfTests()

/** A machine that is up for long, whose journal a reboot would keep. */
async function startOldMachine(): Promise<TestMachine> {
  const machine = await startMachine({ 'systemd-logind.service': LOGIND }, ['strategy: node-reboot'])
  ends.push(() => machine[Symbol.asyncDispose]())
  const { shared } = machine
  const [uptime, journal, loop] = ['uptime', 'state/remediator', 'loop'].map((name) => join(shared, name))
  if (uptime === undefined || journal === undefined || loop === undefined) throw new Error('three paths')
  await mkdir(journal, { recursive: true })
  await mkdir(loop)
  const disk = await mountLoop(loop, 16, ['mkfs.ext4', '-q', '-F'])
  ends.push(() => disk[Symbol.asyncDispose]())
  await run('mount', '--bind', disk.path, journal)
  ends.push(() => run('umount', '--lazy', journal))
  await writeFile(uptime, '7200.0 5.0\n')
  await machine.inside('mount', '--bind', uptime, '/proc/uptime')
  await machine.systemctl('start', 'systemd-logind')
  await machine.start()
  return machine
}

// In a container of systemd-nspawn the boot id stays that of the kernel: that another one is the proof is held by `service.test.ts`.
it.skipIf(why !== '')(
  'has a real machine go down, once the node is drained, marked and looked at, and not before',
  async () => {
    const place = await createPlace()
    ends.push(() => place.close())
    for (const name of [NODE, 'w3', 'w4', 'w5', 'w6']) place.api.addNode(name)
    const machine = await startOldMachine()
    const kubeconfig = join(machine.shared, 'kubeconfig')
    await place.api.writeKubeconfig(kubeconfig)
    const scene = await scenes('  lease: { namespace: kube-system }', { repair: 'strategy: node-reboot', kubeconfig })
    scene.onCheck = scene.look
    const socket = socketOf({ name: 'host-actions', kind: 'core' }, scene.bus.dir)
    await mkdir(dirname(socket), { recursive: true })
    await symlink(socketOf({ name: 'host-actions', kind: 'core' }, join(machine.shared, 'run')), socket)
    await place.makePod({ name: 'web', node: NODE })
    const [pid] = /\d+/.exec(machine.root) ?? []
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => place.moved(), POLL).toEqual(['web'])
    expect(await processState(Number(pid))).not.toBe('gone')
    place.api.endPod('default', 'web')
    await expect.poll(() => processState(Number(pid)), POLL).toBe('gone')
    const steps = async () =>
      (await scene.records(life)).flatMap(({ what }) => (what.kind === 'step' ? [what.step] : []))
    await expect
      .poll(steps, POLL)
      .toEqual([...['cordoning', 'cordoned', 'evicting', 'drained', 'looking', 'looked', 'asking', 'asked']])
    const { metadata, spec } = place.api.node(NODE) ?? {}
    expect([spec?.unschedulable, metadata?.annotations?.[REBOOTING]]).toEqual([true, scene.bootId])
  },
  120_000,
)
