/** A real containerd as a unit of a real systemd; and a Docker that does not answer. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNoContainerd } from '../../libs/cri/testing-containerd.ts'
import { writeTree } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { act, startMachine, type TestMachine } from './testing-machine.ts'

const why = whyNoSystemd() || whyNoContainerd()
if (why !== '') console.log(`restart-runtime on a real systemd: ${why}`)

const RESTART = act('restart-runtime', 'runtime')
const CONTAINERD = `[Service]
ExecStart=/usr/bin/containerd -c /etc/containerd.toml
KillMode=process
Delegate=yes
`
const CONFIG = `version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
`

describe.skipIf(why !== '')('restart-runtime', () => {
  let machine: TestMachine

  beforeAll(async () => {
    machine = await startMachine(
      { 'containerd.service': CONTAINERD, 'cri-docker.service': '[Service]\nExecStart=/bin/sleep infinity\n' },
      ['strategy: restart-runtime'],
    )
    await writeTree(machine.root, { 'etc/containerd.toml': CONFIG })
    await machine.start()
  }, 60_000)
  afterAll(() => machine?.[Symbol.asyncDispose](), 30_000)

  const life = (): Promise<string> => machine.systemctl('show', '-P', 'InvocationID', 'containerd')

  it('restarts a containerd that is dead or hangs, and has succeeded once it says that it is ready', async () => {
    await machine.systemctl('start', 'containerd')
    await machine.systemctl('kill', '-s', 'KILL', 'containerd')
    await expect.poll(() => machine.systemctl('is-failed', 'containerd').catch(() => '')).toContain('failed')
    expect(await machine.can(RESTART)).toBe('')
    expect(await machine.run('3f2a91c0-1', RESTART)).toMatchObject({
      outcome: 'succeeded',
      message: expect.stringMatching(/^containerd.service is active anew, main process \d+; the runtime is ready$/),
    })
    const first = await life()
    await machine.systemctl('kill', '-s', 'STOP', 'containerd')
    expect(await machine.run('3f2a91c0-2', RESTART, 90_000)).toMatchObject({ outcome: 'succeeded' })
    expect(await life()).not.toBe(first)
    expect(await machine.run('3f2a91c0-2', RESTART)).toMatchObject({ outcome: 'succeeded', joined: true })
  }, 60_000)

  it('restarts no unit that is masked, and no Docker whose containers would end with it', async () => {
    await machine.systemctl('stop', 'containerd')
    await rm(join(machine.root, 'etc/systemd/system/containerd.service'), { force: true })
    await machine.systemctl('mask', '--quiet', 'containerd')
    expect(await machine.can(RESTART)).toBe(
      'which of containerd.service, cri-docker.service runs the container runtime is not known',
    )
    const kubelet = 'containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n'
    await writeTree(machine.root, { 'var/lib/kubelet/config.yaml': kubelet })
    expect(await machine.can(RESTART)).toBe('containerd.service is masked')
    await rm(join(machine.root, 'var/lib/kubelet/config.yaml'))
    await rm(join(machine.root, 'run/containerd/containerd.sock'), { force: true })
    const socket = join(machine.root, 'run/cri-dockerd.sock')
    const listener = createServer((connection) => connection.on('error', () => undefined))
    await new Promise<void>((listening) => listener.listen(socket, listening))
    try {
      await machine.systemctl('start', 'cri-docker')
      expect(await machine.can(RESTART)).toMatch(/^Docker does not answer, and its restart would stop every container/)
      expect(await machine.run('3f2a91c0-3', RESTART)).toMatchObject({ outcome: 'declined' })
      await mkdir(join(machine.root, 'etc/docker'), { recursive: true })
      await writeFile(join(machine.root, 'etc/docker/daemon.json'), '{ "live-restore": true }')
      // As this machine's packages have it: the test's has no other /usr.
      expect(['', 'there is no unit docker.service']).toContain(await machine.can(RESTART))
    } finally {
      await new Promise((closed) => listener.close(closed))
    }
  }, 40_000)
})
