/** A real logind, which reboots a machine of the test's own. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mountLoop, processState, run } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { blocking, uptimeMs } from './actions/node-reboot.ts'
import { act, startMachine } from './testing-machine.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`host-actions on a real logind: ${why}`)

const LOGIND = '[Service]\nType=dbus\nBusName=org.freedesktop.login1\nExecStart=/lib/systemd/systemd-logind\n'
const BLOCKS =
  '[Service]\nExecStart=/usr/bin/systemd-inhibit --what=shutdown --who=backup --why="it runs" --mode=block sleep infinity\n'
const DELAYS = BLOCKS.replace('--mode=block', '--mode=delay').replace('backup', 'kubelet')
const REBOOT = act('node-reboot', 'node', { deleteEmptyDirData: 'false', force: 'false' })

it.skipIf(why !== '')(
  'reboots by logind, and no machine that was just booted, whose shutdown is blocked, or that would forget its repairs',
  async () => {
    await using machine = await startMachine(
      { 'systemd-logind.service': LOGIND, 'nd-blocks.service': BLOCKS, 'nd-delays.service': DELAYS },
      ['strategy: node-reboot'],
    )
    const { shared } = machine
    await machine.start()
    const uptime = join(shared, 'uptime')
    const journal = join(shared, 'state/remediator')
    await mkdir(journal, { recursive: true })
    await writeFile(uptime, '1799.9 5.0\n')
    await machine.inside('mount', '--bind', uptime, '/proc/uptime')
    expect(await machine.can(REBOOT)).toBe('the machine is up for 29 min, and is left alone for 30')
    await writeFile(uptime, '1800.0 5.0\n')
    await run('mount', '-t', 'tmpfs', 'nd', journal)
    expect(await machine.can(REBOOT)).toBe(`${journal} lies on tmpfs, which a reboot empties`)
    await run('umount', journal)
    await mkdir(join(shared, 'loop'))
    await using disk = await mountLoop(join(shared, 'loop'), 16, ['mkfs.ext4', '-q', '-F'])
    await run('mount', '--bind', disk.path, journal)
    try {
      expect(await machine.can(REBOOT)).toMatch(/^cannot ask logind for a reboot: /)
      await machine.systemctl('start', 'systemd-logind', 'nd-blocks', 'nd-delays')
      await expect.poll(() => machine.can(REBOOT), { timeout: 10_000 }).toBe('backup blocks a shutdown: it runs')
      expect(await machine.run('3f2a91c0-1', REBOOT)).toMatchObject({ outcome: 'declined' })
      await machine.systemctl('stop', 'nd-blocks', 'nd-delays')
      const [pid] = /\d+/.exec(machine.root) ?? []
      expect(await machine.run('3f2a91c0-2', REBOOT)).toMatchObject({
        outcome: 'succeeded',
        message: 'logind has taken the reboot',
      })
      await expect.poll(() => processState(Number(pid)), { timeout: 15_000 }).toBe('gone')
    } finally {
      await run('umount', '--lazy', journal)
    }
  },
  60_000,
)

it('knows who forbids a shutdown, and how long a machine is up', () => {
  const inhibitor = { who: 'x', why: 'y' }
  const all = ['block', 'delay', 'block-weak'].map((mode) => ({ ...inhibitor, mode, what: 'sleep:shutdown' }))
  expect(blocking([...all, { ...inhibitor, mode: 'block', what: 'sleep' }]).map(({ mode }) => mode)).toEqual([
    'block',
    'block-weak',
  ])
  expect(['1799.93 5.0\n', '12 3\n', 'soon', ''].map(uptimeMs)).toEqual([1_799_000, 12_000, undefined, undefined])
})
