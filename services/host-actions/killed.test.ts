/** What runs on a real systemd when this process is killed in the middle, and what is called off. */
import { chmod, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeTree } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { act, startMachine, type TestMachine } from './testing-machine.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`host-actions that is killed: ${why}`)

let attempts = 0
const id = (): string => `3f2a91c0-${++attempts}`
const restart = (unit: string) => act('systemd-restart', `unit:${unit}.service`)
const script = (path: string) => act('custom-script', `script:${path}`, { args: '[]' })

describe.skipIf(why !== '')('host-actions', () => {
  let machine: TestMachine

  beforeAll(async () => {
    machine = await startMachine({ 'nd-app.service': '[Service]\nExecStart=/bin/sleep infinity\n' }, [
      'strategy: systemd-restart, service: nd-app',
      'strategy: custom-script, scriptPath: /opt/slow',
    ])
    await machine.systemctl('start', 'nd-app')
    await writeTree(machine.root, { 'opt/slow': `#!/bin/sh\necho ran >>${machine.shared}/ran; sleep 3; echo over\n` })
    await chmod(join(machine.root, 'opt/slow'), 0o755)
    await machine.start()
  }, 60_000)
  afterAll(() => machine?.[Symbol.asyncDispose](), 30_000)

  it('joins after kill -9 what runs on, tells again what is over, and does nothing twice', async () => {
    const attempt = id()
    await rm(join(machine.shared, 'ran'), { force: true })
    const cut = machine.run(attempt, script('/opt/slow')).catch((err: unknown) => String(err))
    await expect.poll(() => readFile(join(machine.shared, 'ran'), 'utf8').catch(() => '')).toBe('ran\n')
    expect(await machine.run(id(), restart('nd-app'))).toMatchObject({
      outcome: 'declined',
      message: `another attempt is under way: ${attempt}`,
    })
    await machine.kill()
    expect(await cut).toContain('UNAVAILABLE')
    await machine.start()
    const joined = machine.run(attempt, script('/opt/slow'))
    expect(await machine.run(attempt, restart('nd-app'))).toMatchObject({ outcome: 'declined' })
    expect(await joined).toMatchObject({ outcome: 'succeeded', output: 'over\n', joined: true })
    await machine.kill()
    await machine.start()
    expect(await machine.run(attempt, script('/opt/slow'))).toMatchObject({ outcome: 'succeeded', joined: true })
    expect(await readFile(join(machine.shared, 'ran'), 'utf8')).toBe('ran\n')

    await machine.systemctl('kill', '-s', 'KILL', 'nd-app')
    const unit = id()
    const life = await machine.systemctl('show', '-P', 'InvocationID', 'nd-app')
    const lost = machine.run(unit, restart('nd-app')).catch(() => undefined)
    await expect.poll(() => machine.systemctl('show', '-P', 'InvocationID', 'nd-app')).not.toBe(life)
    const anew = await machine.systemctl('show', '-P', 'InvocationID', 'nd-app')
    await machine.kill()
    await lost
    await machine.start()
    expect(await machine.run(unit, restart('nd-app'))).toMatchObject({ outcome: 'succeeded', joined: true })
    expect(await machine.systemctl('show', '-P', 'InvocationID', 'nd-app')).toBe(anew)

    const off = id()
    await rm(join(machine.shared, 'ran'), { force: true })
    const called = machine.run(off, script('/opt/slow'))
    await expect.poll(() => readFile(join(machine.shared, 'ran'), 'utf8').catch(() => '')).toBe('ran\n')
    expect(await machine.cancel(off)).toBe(true)
    expect(await called).toMatchObject({ outcome: 'failed' })
    expect(await machine.cancel(off)).toBe(false)
  }, 60_000)

  it('that was frozen begins nothing of what was given up meanwhile', async () => {
    await rm(join(machine.shared, 'ran'), { force: true })
    const [attempt, other] = [id(), id()]
    await machine.giveUpFrozen(attempt, script('/opt/slow'))
    expect(await machine.run(other, script('/opt/slow'))).toMatchObject({ outcome: 'succeeded' })
    expect(await readFile(join(machine.shared, 'ran'), 'utf8')).toBe('ran\n')
    expect(await machine.run(attempt, script('/opt/slow'))).toMatchObject({ outcome: 'declined' })
  }, 60_000)
})
