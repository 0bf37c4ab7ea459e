/** On a real systemd, in a network of its own; and callers that lie. */

import { chmod, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutSecretArguments } from '#config/secret-arguments'
import { SCRIPT_VARIABLES } from '#remedies'
import { writeTree } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { act, startMachine, type TestMachine } from './testing-machine.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`host-actions on a real systemd: ${why}`)

const SLEEPS = '[Service]\nExecStart=/bin/sleep infinity\n'
let attempts = 0
const id = (): string => `3f2a91c0-${++attempts}`
const restart = (unit: string) => act('systemd-restart', `unit:${unit}.service`)
const script = (path: string, ...args: string[]) =>
  act('custom-script', `script:${path}`, { args: JSON.stringify(args) })

describe.skipIf(why !== '')('host-actions', () => {
  let machine: TestMachine

  beforeAll(async () => {
    const restarts = ['nd-app', 'nd-masked', 'nd-limit', 'nd-wedged', 'nd-crashes', 'dbus', 'nd-none', 'node-doctor-x']
    machine = await startMachine(
      {
        'nd-app.service': SLEEPS,
        'nd-other.service': SLEEPS,
        'nd-wedged.service': `[Service]\nExecStart=/bin/sh -c 'trap "" TERM; while :; do sleep 1; done'\nTimeoutStopSec=60\n`,
        'nd-crashes.service': '[Service]\nExecStart=/bin/sleep 2\nRestart=always\nRestartSec=0.1\n',
        'nd-limit.service':
          'StartLimitBurst=2\nStartLimitIntervalSec=600\n[Service]\nExecStart=/bin/sh -c "[ -e /mended ] && exec sleep infinity; exit 1"\n',
      },
      [
        ...restarts.map((service) => `strategy: systemd-restart, service: ${service}`),
        'strategy: flush-dns',
        'strategy: reset-routing',
        'strategy: restart-interface, interface: nd0',
        'strategy: restart-interface, interface: nd1',
        ...['ok', 'environment', 'writable', 'link', 'setuid', 'open/in'].map(
          (name) => `strategy: custom-script, scriptPath: /opt/${name}`,
        ),
        'strategy: custom-script, scriptPath: /opt/args, args: ["$(id)", "; rm -rf /", "--token=s3cret"]',
      ],
    )
    await machine.systemctl('mask', '--quiet', 'nd-masked')
    await machine.systemctl('start', 'nd-app', 'nd-wedged', 'nd-other')
    const text = '#!/bin/sh\n'
    await writeTree(machine.root, {
      'opt/ok': `${text}echo "$PROBLEM_TYPE $PROBLEM_RESOURCE $PROBLEM_SEVERITY"; exit 5\n`,
      'opt/environment': `${text}env | sed -n 's/^\\(PROBLEM_[A-Z_]*\\)=.*/\\1/p' | sort; pwd; umask; id -u; echo "$PATH"; env | grep -c NODE_ || true\n`,
      'opt/args': `${text}printf "<%s>" "$@"\n`,
      'opt/writable': text,
      'opt/setuid': text,
      'opt/open/in': text,
    })
    const at = (name: string): string => join(machine.root, 'opt', name)
    for (const name of ['ok', 'args', 'environment', 'open/in']) await chmod(at(name), 0o755)
    await chmod(at('writable'), 0o775)
    await chmod(at('setuid'), 0o4755)
    await chmod(at('open'), 0o777)
    await symlink('ok', at('link'))
    await machine.start()
  }, 60_000)
  afterAll(() => machine?.[Symbol.asyncDispose](), 30_000)

  it('does what the configuration names, and nothing that a caller adds to it', async () => {
    const lies = [
      act('systemd-restart', 'unit:nd-other.service'),
      act('systemd-stop', 'unit:nd-app.service'),
      act('systemd-restart', 'unit:nd-app.service', { service: 'nd-other' }),
      act('custom-script', 'script:/bin/true', { args: '[]' }),
      act('custom-script', 'script:/opt/../bin/true', { args: '[]' }),
      script('/opt/ok', '--more'),
      act('restart-interface', 'interface:host0'),
      act('node-reboot', 'node'),
      act('toString', 'unit:nd-app.service'),
      act('', ''),
    ]
    const before = await machine.systemctl('show', '-P', 'InvocationID', 'nd-app', 'nd-other')
    for (const lie of lies) {
      expect(await machine.can(lie)).toMatch(/^(the configuration has (no|other) |there is no such action)/)
      expect(await machine.run(id(), lie)).toMatchObject({ outcome: 'declined', joined: undefined })
    }
    for (const name of ['', '3f2a91c0', '../../etc/x', '3f2a91c0-1; id', 'x'.repeat(5_000)])
      expect(await machine.run(name, restart('nd-app'))).toMatchObject({ outcome: 'declined' })
    expect(await machine.systemctl('show', '-P', 'InvocationID', 'nd-app', 'nd-other')).toBe(before)
  })

  it('refuses units that are masked, unknown, ours, or carry the machine', async () => {
    const words = await Promise.all(
      ['nd-masked', 'nd-none', 'node-doctor-x', 'dbus'].map((unit) => machine.can(restart(unit))),
    )
    expect(words).toEqual([
      'nd-masked.service is masked',
      'there is no unit nd-none.service',
      'node-doctor-x.service is our own',
      'dbus.service carries the machine',
    ])
    expect(await machine.run(id(), restart('dbus'))).toMatchObject({ outcome: 'declined' })
  })

  it('restarts a unit that is at its limit of starts, and says of others why they do not stay', async () => {
    for (let at = 0; at < 4; at++) await machine.systemctl('start', 'nd-limit').catch(() => undefined)
    await expect(machine.systemctl('start', 'nd-limit')).rejects.toThrow()
    expect(await machine.run(id(), restart('nd-limit'))).toMatchObject({ outcome: 'failed' })
    await writeFile(join(machine.root, 'mended'), '')
    expect(await machine.run(id(), restart('nd-limit'))).toMatchObject({
      outcome: 'succeeded',
      message: expect.stringMatching(/^nd-limit.service is active anew, main process \d+$/),
    })
    expect(await machine.run(id(), restart('nd-crashes'))).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/^nd-crashes.service (does not stay|is activating)/),
    })
  }, 40_000)

  it('has nothing else begin beside a job that lasts longer than its attempt may, whoever calls that off', async () => {
    const wedged = id()
    const over = machine.run(wedged, restart('nd-wedged'), 8_500)
    await expect.poll(() => machine.can(restart('nd-wedged'))).toBe('a job for nd-wedged.service is pending')
    expect(await machine.cancel(wedged)).toBe(true)
    expect(await Promise.race([over, new Promise((soon) => setTimeout(soon, 10_000))])).toBeUndefined()
    expect(await machine.run(id(), restart('nd-app'))).toMatchObject({
      outcome: 'declined',
      message: `another attempt is under way: ${wedged}`,
    })
    await machine.systemctl('kill', '-s', 'KILL', 'nd-wedged')
    expect(await over).toMatchObject({
      outcome: 'succeeded',
      message: expect.stringMatching(/^nd-wedged.service is active anew/),
    })
  }, 40_000)

  it('runs scripts that are root’s alone, with the problem in their environment, and refuses all others', async () => {
    expect(await machine.run(id(), script('/opt/ok'))).toMatchObject({
      outcome: 'failed',
      message: '/opt/ok exited with code 5',
      exitCode: 5,
      output: expect.stringMatching(/^custom-script \w+ \w+\n$/),
    })
    // What is asked for, told and kept hides the secret that the script is given.
    const hidden = withoutSecretArguments(['$(id)', '; rm -rf /', '--token=s3cret'])
    const asked = script('/opt/args', ...hidden)
    expect(await machine.run(id(), asked)).toMatchObject({
      outcome: 'succeeded',
      output: '<$(id)><; rm -rf /><--token=s3cret>',
    })
    expect(await machine.canAct(asked)).toEqual(asked.parameters)
    const words = await Promise.all(
      ['writable', 'link', 'setuid', 'open/in'].map((name) => machine.can(script(`/opt/${name}`))),
    )
    expect(words).toEqual([
      'others may write to /opt/writable',
      '/opt/link is a link',
      '/opt/setuid is set-uid or set-gid',
      'others may write to /opt/open',
    ])
  })

  it('tells scripts what docs/remediation.md has, and nothing of its own environment', async () => {
    const { output } = await machine.run(id(), script('/opt/environment'))
    const names = SCRIPT_VARIABLES.map(({ name }) => name).toSorted()
    const [path, own] = (output?.trim().split('\n') ?? []).slice(-2)
    expect(output?.trim().split('\n').slice(0, -2)).toEqual([...names, '/', '0077', '0'])
    expect([path?.split(':').includes('/usr/sbin'), own]).toEqual([true, '0'])
  })

  it('takes an interface down and up with its routes, and not the one by which the API server is reached', async () => {
    const ip = (text: string): Promise<string> => machine.inside('ip', ...text.split(' '))
    // A second try begins as the first did.
    await ip('link del nd0').catch(() => undefined)
    await ip('link add nd0 type veth peer name nd1')
    for (const name of ['nd0', 'nd1']) await ip(`link set ${name} up`)
    await ip('addr add 10.77.0.1/24 dev nd0')
    await ip('-6 addr add 2001:db8::1/64 dev nd0 nodad')
    await ip('route add 10.78.0.0/16 via 10.77.0.9 dev nd0')
    await ip('addr add 10.79.0.1/24 dev nd1')
    const server = 'clusters: [{ cluster: \n    server: https://10.79.0.5:6443\n}]\n'
    await writeTree(machine.root, { 'etc/kubernetes/kubelet.conf': server })
    const nd = (name: string) => act('restart-interface', `interface:${name}`)
    expect(await machine.can(nd('nd1'))).toBe('nd1 is the way to the API server')
    expect(await machine.run(id(), nd('nd1'))).toMatchObject({ outcome: 'declined' })
    expect(await machine.run(id(), nd('nd0'))).toMatchObject({
      outcome: 'succeeded',
      message: 'restart of nd0 exited with code 0',
    })
    expect(await ip('route show dev nd0')).toContain('10.78.0.0/16 via 10.77.0.9')
    expect(await ip('-6 addr show dev nd0')).toContain('2001:db8::1/64')
    const attempt = id()
    const killed = machine.run(attempt, nd('nd0'))
    await expect.poll(() => ip('link show nd0'), { timeout: 10_000, interval: 20 }).not.toContain('UP,')
    await machine.systemctl('kill', '-s', 'KILL', `node-doctor-act-${attempt}`)
    await killed
    expect(await ip('link show nd0')).toContain('UP')
    expect(await ip('route show dev nd0')).toContain('10.78.0.0/16 via 10.77.0.9')
  }, 40_000)

  it('flushes routes, and says which tools the host has not', async () => {
    expect(await machine.run(id(), act('reset-routing', 'routing'))).toMatchObject({ outcome: 'succeeded' })
    expect(await machine.run(id(), act('flush-dns', 'dns'))).toMatchObject({
      outcome: 'declined',
      message: 'the host has no resolvectl and no systemd-resolve',
    })
  }, 40_000)
})
