/** A real systemd that shuts its machine down, held up by one unit that is slow to stop. */
import { expect, it } from 'vitest'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { act, startMachine } from './testing-machine.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`host-actions on a machine that is going down: ${why}`)

/** As every unit with default dependencies has it. */
const ENDS = 'Conflicts=shutdown.target\nBefore=shutdown.target\n'
const SLEEPS = '[Service]\nExecStart=/bin/sleep infinity\n'
const SLOW = `${ENDS}${SLEEPS}ExecStop=/bin/sleep 120\nTimeoutStopSec=150\n`
const ENDLESS = '[Service]\nType=oneshot\nExecStart=/bin/sleep infinity\n'
const DOWN = 'the machine is going down: systemd stops it'
const RESTART = act('systemd-restart', 'unit:nd-app.service')
const START = act('systemd-start', 'unit:nd-app.service')
const FLUSH = act('reset-routing', 'routing')

it.skipIf(why !== '')(
  'restarts no unit that a shutdown has stopped, and begins nothing else, also where the start has not ended yet',
  async () => {
    for (const isStarted of [true, false]) {
      await using machine = await startMachine(
        { 'nd-app.service': `${ENDS}${SLEEPS}`, 'nd-slow.service': SLOW, 'nd-endless.service': ENDLESS },
        [
          'strategy: systemd-restart, service: nd-app',
          'strategy: systemd-start, service: nd-app',
          'strategy: reset-routing',
        ],
      )
      await machine.start()
      await machine.systemctl('start', 'nd-app', 'nd-slow')
      if (!isStarted) await machine.systemctl('start', '--no-block', 'nd-endless')
      expect(await machine.can(RESTART)).toBe('')
      await machine.systemctl('start', '--no-block', '--job-mode=replace-irreversibly', 'poweroff.target')
      const standing = () => machine.systemctl('show', '-P', 'ActiveState', 'nd-app').then((text) => text.trim())
      await expect.poll(standing, { timeout: 10_000 }).toBe('inactive')
      for (const each of [RESTART, START, FLUSH, act('drain', 'node')]) expect(await machine.can(each)).toBe(DOWN)
      expect(await machine.run('3f2a91c0-1', RESTART)).toMatchObject({ outcome: 'declined', message: DOWN })
      expect(await machine.run('3f2a91c0-2', START)).toMatchObject({ outcome: 'declined', message: DOWN })
      expect(await standing()).toBe('inactive')
    }
  },
  90_000,
)
