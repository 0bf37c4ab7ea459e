import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHost } from '#host'
import { heldMemory, startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { memory } from './check.ts'
import { schema } from './config.ts'
import { grownGroups, killFacts, killings, nameOfGroup, recallKills } from './killings.ts'
import { type LoggedKill, parseGroupKills, parseKernelLog, partsOfGroup, readGroupKills } from './oom.ts'

const UID = '0c8b1234-aaaa-4bbb-8ccc-0123456789ab'
const ID = `3f2a${'0'.repeat(60)}`
const SYSTEMD = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`
const SCOPE = `${SYSTEMD}/cri-containerd-${ID}.scope`

const NO_NAMES = new Map<string, string>()
const killed = (groups: Record<string, number>, names = NO_NAMES, processes: LoggedKill[] = []) => ({
  groups: new Map(Object.entries(groups)),
  names,
  processes,
})

test('a group is told by pod and container, as systemd and as the kubelet itself name it', () => {
  expect(partsOfGroup(SCOPE)).toEqual({ uid: UID, container: ID })
  expect(partsOfGroup(`/kubepods/burstable/pod${UID}/${ID}`)).toEqual({ uid: UID, container: ID })
  expect(partsOfGroup(`/kubepods/pod${'ab'.repeat(16)}`)).toEqual({ uid: 'ab'.repeat(16), container: undefined })
  expect(partsOfGroup('/system.slice/sshd.service')).toEqual({ uid: undefined, container: undefined })

  const names = new Map([[UID, 'pod shop/web-0']])
  expect(nameOfGroup(SCOPE, names)).toBe('container 3f2a00000000 of pod shop/web-0')
  expect(nameOfGroup(SYSTEMD, names)).toBe('pod shop/web-0')
  expect(nameOfGroup(SCOPE, NO_NAMES)).toBe(`container 3f2a00000000 of the pod with uid ${UID}`)
  expect(nameOfGroup(SCOPE, new Map([[ID, 'container app of pod shop/web-0']]))).toBe('container app of pod shop/web-0')
  expect(nameOfGroup('/system.slice/sshd.service', names)).toBe('control group /system.slice/sshd.service')
})

test('the deepest group whose count grew is told, and the pod where its container is gone', () => {
  const before = new Map([
    ['/kubepods', 4],
    ['/kubepods/a', 1],
  ])
  const now = new Map([
    ['/kubepods', 7],
    ['/kubepods/a', 2],
    ['/kubepods/a/x', 1],
    ['/kubepods/b', 2],
  ])
  expect([...grownGroups(before, now)]).toEqual([
    ['/kubepods/a/x', 1],
    ['/kubepods/b', 2],
  ])
  expect(grownGroups(now, now).size).toBe(0)
})

test('who, where and how many stand in one sentence, as far as they can be known', () => {
  const before = { total: 1, groups: new Map(), monoMs: 100_000 }
  const told = (now: number, seen?: ReturnType<typeof killed>) =>
    killings(before, now, seen).map(({ entity, message, count }) => [entity, count, message])
  const prefix = 'the kernel killed'
  expect(told(1, killed({ '/x': 1 }))).toEqual([])
  expect(told(2)).toEqual([['', 1, `${prefix} 1 process for want of memory`]])
  const line = (second: number, process: string, group = '') => ({ sinceBootMs: second * 1000, process, group })
  const names = new Map([[UID, 'pod shop/web-0']])
  const java = [line(40, 'java (1)'), line(101, 'java (2)'), line(102, 'java (3)')]
  expect(told(3, killed({ [SCOPE]: 2 }, names, java))).toEqual([
    [
      'pod:shop/web-0',
      2,
      `${prefix} 2 processes for want of memory: java (2), java (3), in container 3f2a00000000 of pod shop/web-0`,
    ],
  ])
  // Several groups have their own; what is in none that is there stands for itself.
  const log = [line(101, 'java (2)', SCOPE), line(102, 'sshd (9)', '/system.slice/sshd.service'), line(103, 'x (4)')]
  expect(told(4, killed({ [SYSTEMD]: 1, '/system.slice/sshd.service': 1 }, names, log))).toEqual([
    ['pod:shop/web-0', 1, `${prefix} 1 process for want of memory: java (2), in pod shop/web-0`],
    ['', 1, `${prefix} 1 process for want of memory: sshd (9), in control group /system.slice/sshd.service`],
    ['', 1, `${prefix} 1 process for want of memory: x (4)`],
  ])
  // A line of the log from before the last look is of another killing.
  expect(told(4, killed({}, names, java.slice(0, 1)))).toEqual([['', 3, `${prefix} 3 processes for want of memory`]])
})

test("the kernel's lines name the process, whatever it is called", () => {
  const text = [
    '[ 9265.570000] oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/kubepods/pod1,task=java,pid=4711,uid=0',
    '[ 9265.570100] Memory cgroup out of memory: Killed process 4711 (java) total-vm:8388608kB, anon-rss:1kB, UID:0',
    '[   65.000001] Out of memory: Killed process 12 ((sd) (x)) total-vm:1kB, anon-rss:1kB',
    '[   66.000001] Killed process 13 (old), UID 0, total-vm:1kB',
    '[   67.000001] usb 1-1: Killed process of configuring',
  ].join('\n')
  expect(parseKernelLog(text)).toEqual([
    { sinceBootMs: 9_265_570, process: 'java (4711)', group: '/kubepods/pod1' },
    { sinceBootMs: 65_000, process: '(sd) (x) (12)', group: '' },
    { sinceBootMs: 66_000, process: 'old (13)', group: '' },
  ])
  fc.assert(fc.property(fc.string(), (any) => void [parseKernelLog(any), parseGroupKills(any), partsOfGroup(any)]))
})

test('what is remembered comes back, and no facts make it throw', () => {
  const known = { total: 7, groups: new Map([['/a', 2]]), monoMs: 5 }
  expect(recallKills(JSON.parse(JSON.stringify(killFacts(known))))).toEqual(known)
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ total: fc.anything(), groups: fc.anything() })), (facts) => {
      for (const [, kills] of recallKills(facts).groups) expect(kills).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('a killing while no process of this monitor was there is told by the next one, with its pod', async () => {
  await using folder = await tempFolder()
  const group = (path: string) => `sys/fs/cgroup${path}/memory.events`
  const events = (kills: number) => `low 0\nhigh 0\nmax 9\noom ${kills}\noom_kill ${kills}\noom_group_kill 0\n`
  const meminfo = 'MemTotal:       24731708 kB\nMemAvailable:   24331888 kB\n'
  await writeTree(folder.path, {
    'proc/meminfo': meminfo,
    'proc/vmstat': 'oom_kill 3\n',
    [group('/system.slice')]: events(0),
    [group('/kubepods.slice')]: events(3),
    [group('/kubepods.slice/kubepods-burstable.slice')]: events(3),
    [group(SYSTEMD)]: events(1),
    'sys/fs/cgroup/cgroup.procs': '',
    [`var/log/pods/shop_web-0_${UID}/app/0.log`]: '',
  })
  const kept = heldMemory()
  const options = { root: folder.path, config: schema.parse({}), memory: kept }
  expect((await startCheck(memory, options).run()).events).toEqual([])

  await writeTree(folder.path, {
    'proc/vmstat': 'oom_kill 4\n',
    [group('/kubepods.slice')]: events(4),
    [group('/kubepods.slice/kubepods-burstable.slice')]: events(4),
    [group(SYSTEMD)]: events(2),
  })
  const again = startCheck(memory, options)
  expect((await again.run()).events).toMatchObject([
    // This machine's own kernel log may name a process between.
    {
      reason: 'OOMKill',
      message: expect.stringMatching(/^the kernel killed 1 process .*, in pod shop.web-0$/),
      count: 1,
    },
  ])
  expect((await again.run()).events).toEqual([])
})

const V1 = '/sys/fs/cgroup/memory'
const whyNot = process.getuid?.() === 0 ? '' : 'skipped: control groups need root'

describe.skipIf(whyNot !== '')(`on this machine ${whyNot}`, () => {
  test('a process that the kernel kills in a group of its own is named, with the group', async (context) => {
    const name = `nd-oom-${process.pid}`
    const group = `${V1}/${name}`
    if (
      await mkdir(group).then(
        () => false,
        () => true,
      )
    )
      context.skip('no control groups of version 1 to write to')
    try {
      await writeFile(`${group}/memory.limit_in_bytes`, '33554432')
      const check = startCheck(memory, { root: '', config: schema.parse({}) })
      await check.run()
      const script = `exec ${process.execPath} -e 'const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))'`
      const child = await createHost({ root: '' }).programs.start('sh', [
        '-c',
        `echo $$ > ${group}/cgroup.procs; ${script}`,
      ])
      expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
      await expect.poll(async () => (await readGroupKills(createHost({ root: '' }))).get(`/${name}`)).toBe(1)
      const [event] = (await check.run()).events ?? []
      expect(event?.message).toMatch(new RegExp(`: \\S+ \\(${child.pid}\\), in control group /${name}$`))
    } finally {
      await expect.poll(() => rmdir(group).then(() => 'gone', String)).toBe('gone')
    }
  })
})
