import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { builtServices, SERVICES, servicesOfPod } from '#service-table'
import { stateFolderPath } from '../../libs/monitor-kit/state-folder.ts'
import { ROOT } from './objects.ts'

const PREPARE = join(ROOT, 'deploy/images/prepare.sh')
const HISTORY = 'state/history'

/** The host's two folders. Others may pass through, as through /run and /var/lib. */
function host(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prepare-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  for (const name of ['run', 'state']) mkdirSync(join(folder, name))
  return folder
}

function as(options: readonly string[], command: readonly string[], env: Record<string, string> = {}) {
  const { status, stderr } = spawnSync('setpriv', [...options, ...command], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { status, stderr }
}

/** As the init container: root with CHOWN and FOWNER, nothing else. */
function prepare(folder: string, env: Record<string, string> = {}): void {
  const options = ['--bounding-set', '-all,+chown,+fowner', '--inh-caps', '-all,+chown,+fowner', '--clear-groups']
  expect(as(options, [PREPARE, join(folder, 'run'), join(folder, 'state')], env)).toEqual({ status: 0, stderr: '' })
}

/** As the init container of the pod that repairs: the same, of the group 65112. */
function prepareRemediation(folder: string): void {
  const options = [
    '--regid=65112',
    '--bounding-set',
    '-all,+chown,+fowner',
    '--inh-caps',
    '-all,+chown,+fowner',
    '--clear-groups',
  ]
  const place = ['--remediation', join(folder, 'run'), join(folder, 'state')]
  expect(as(options, [PREPARE, ...place])).toEqual({ status: 0, stderr: '' })
}

/** As the agent's init container where repairs are deployed. */
function prepareBeside(folder: string): void {
  const options = [
    '--regid=65112',
    '--bounding-set',
    '-all,+chown,+fowner',
    '--inh-caps',
    '-all,+chown,+fowner',
    '--clear-groups',
  ]
  const place = [join(folder, 'run'), join(folder, 'state')]
  expect(as(options, [PREPARE, ...place], { REMEDIATION: '1' })).toEqual({ status: 0, stderr: '' })
}

/** As the init container of a monitor in a pod of its own. */
function preparePod(folder: string, user: number): void {
  const options = ['--bounding-set', '-all,+chown,+fowner', '--inh-caps', '-all,+chown,+fowner', '--clear-groups']
  const place = ['--pod', String(user), join(folder, 'run/monitors/gpu'), join(folder, 'state/monitors/gpu')]
  expect(as(options, [PREPARE, ...place])).toEqual({ status: 0, stderr: '' })
}

/** As another container of the pod: a user of its own, and the group that all have. @param mounted what is at /mnt */
function tried(user: number, script: string, mounted = ''): boolean {
  const options = [`--reuid=${user}`, '--regid=65100', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']
  const inside = ['setpriv', ...options, 'sh', '-c', script]
  if (mounted === '') return as(options, ['sh', '-c', script]).status === 0
  const mount = `mount --bind ${mounted} /mnt && exec "$@"`
  return spawnSync('unshare', ['--mount', 'sh', '-c', mount, 'sh', ...inside]).status === 0
}

/** A service of the compose files, by what decides whom it is for the machine's files. */
interface Composed {
  readonly user?: string
  readonly group_add?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly volumes?: readonly (string | { readonly source: string })[]
}

/** Services of all compose files that repair, or that run beside those. */
function composed(): ReadonlyMap<string, Composed> {
  const files = [
    'docker-compose.yaml',
    ...['remediation', 'gpu', 'external-exporter'].map((name) => `deploy/compose/${name}.yaml`),
  ]
  const found = new Map<string, Composed>()
  for (const file of files) {
    const { services } = parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true }) as {
      services: Record<string, Composed>
    }
    for (const [name, service] of Object.entries(services)) found.set(name, { ...found.get(name), ...service })
  }
  return found
}

/** Options of setpriv that make a process what a service of compose is. */
function composedAs({ user = '0:0', group_add = [], cap_add = [] }: Composed): readonly string[] {
  const [uid, gid] = user.split(':')
  const capabilities = ['-all', ...cap_add.map((name) => `+${name.toLowerCase()}`)].join()
  const groups = group_add.length === 0 ? '--clear-groups' : `--groups=${group_add.join()}`
  return [`--reuid=${uid}`, `--regid=${gid}`, groups, '--bounding-set', capabilities, '--inh-caps', capabilities]
}

/** Whether it sees a folder of the machine, at whatever place. */
function seesOfHost({ volumes = [] }: Composed, folder: string): boolean {
  return volumes.some((volume) => {
    const source = typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source
    return source.startsWith('/') && `${folder}/`.startsWith(source.endsWith('/') ? source : `${source}/`)
  })
}

function look(folder: string) {
  return Object.fromEntries(
    ['run', 'state'].flatMap((parent) =>
      readdirSync(join(folder, parent), { recursive: true, encoding: 'utf8' }).map((name) => {
        const { uid, mode } = statSync(join(folder, parent, name))
        return [`${parent}/${name}`, `${uid} ${(mode & 0o7777).toString(8)}`]
      }),
    ),
  )
}

describe.runIf(process.getuid?.() === 0)('the folders of the host', () => {
  it('belong each to the one that writes it, closed to the group that all containers have', () => {
    const folder = host()
    prepare(folder, { GPU_USER: '0' })
    const owned = servicesOfPod(SERVICES).flatMap(({ uid, runFolders, stateFolders }) =>
      [...runFolders.map((name) => `run/${name}`), ...stateFolders.map((name) => `state/${name}`)].map(
        (path) => [path, `${uid} 700`] as const,
      ),
    )
    expect(look(folder)).toEqual({
      ...Object.fromEntries(owned),
      'run/monitors': '0 755',
      'state/monitors': '0 700',
    })
  })

  it('of what repairs belong each to the one that writes it, whichever pod is first', () => {
    const own = {
      'run/detector': '65101 2750',
      'run/remediator': '65101 2770',
      'run/host-actions': '0 2750',
      'run/remediator-lock': '65112 700',
      'state/remediator': '65112 700',
    }
    const [first, second] = [host(), host()]
    prepareRemediation(first)
    expect(look(first)).toEqual(own)
    prepareBeside(first)
    prepareBeside(second)
    expect(look(second)).toMatchObject({ 'run/detector': '65101 2750', 'run/remediator': '65101 2770' })
    prepareRemediation(second)
    for (const folder of [first, second]) expect(look(folder)).toMatchObject(own)
    // As they are after an agent without repairs, and where the kubelet was there before.
    prepare(first)
    prepareRemediation(first)
    expect(look(first)).toMatchObject(own)
  })

  it('of what repairs are reached by the detector and the remediator, and by nobody else', () => {
    const folder = host()
    prepareBeside(folder)
    prepareRemediation(folder)
    const can = (user: number, group: number, groups: readonly number[], script: string) =>
      as(
        [
          `--reuid=${user}`,
          `--regid=${group}`,
          groups.length === 0 ? '--clear-groups' : `--groups=${groups.join()}`,
          '--bounding-set=-all',
          '--inh-caps=-all',
        ],
        ['sh', '-c', script],
      ).status === 0
    const run = join(folder, 'run')
    // The detector writes a key that the remediator reads, and makes a socket that it reaches.
    expect(
      can(
        65101,
        0,
        [65100],
        `umask 027; echo key >${run}/remediator/bus.json; touch ${run}/detector/detector.sock; chmod 660 ${run}/detector/detector.sock`,
      ),
    ).toBe(true)
    const remediator = (script: string) => can(65112, 65112, [], script)
    expect(
      remediator(
        `cat ${run}/remediator/bus.json && test -w ${run}/detector/detector.sock && touch ${run}/remediator/remediator.sock`,
      ),
    ).toBe(true)
    expect(
      can(
        0,
        0,
        [65112],
        `touch ${run}/host-actions/host-actions.sock && chmod 660 ${run}/host-actions/host-actions.sock`,
      ),
    ).toBe(true)
    expect(remediator(`test -w ${run}/host-actions/host-actions.sock`)).toBe(true)
    expect(remediator(`touch ${run}/detector/forged`)).toBe(false)
    expect(remediator(`touch ${run}/host-actions/forged`)).toBe(false)
    const others = builtServices(SERVICES).filter(
      ({ name, uid }) => uid !== 0 && !['detector', 'remediator'].includes(name),
    )
    for (const { uid } of [...others, { uid: 65110 }])
      for (const [group, place] of [0, 65100].flatMap((gid) =>
        ['detector', 'remediator', 'host-actions', 'remediator-lock'].map((name) => [gid, name] as const),
      ))
        expect([uid, place, can(uid, group, [65100], `ls ${run}/${place}`)]).toEqual([uid, place, false])
  })

  it('of what acts is reached in compose by the remediator, and by no other service that sees the machine', () => {
    const services = composed()
    const of = (name: string): Composed => services.get(name) ?? {}
    const seeing = [...services].filter(([, service]) => seesOfHost(service, '/run/node-doctor/host-actions'))
    expect(seeing.map(([name]) => name)).toEqual(
      expect.arrayContaining(['system', 'network', 'kubernetes', 'remediator', 'host-actions']),
    )
    const place = join(host(), 'run/host-actions')
    // As the engine makes it, where it is not there yet, and after each boot.
    mkdirSync(place, { mode: 0o755 })
    expect(as(composedAs(of('host-actions')), [PREPARE, '--host-actions', place])).toEqual({ status: 0, stderr: '' })
    expect(statSync(place)).toMatchObject({ uid: 0, gid: 65112 })
    expect(statSync(place).mode & 0o7777).toBe(0o2750)
    const socket = join(place, 'host-actions.sock')
    const made = as(composedAs(of('host-actions')), ['sh', '-c', `touch ${socket} && chmod 660 ${socket}`])
    expect(made).toEqual({ status: 0, stderr: '' })
    const reaching = () =>
      seeing
        .filter(
          ([name, service]) => name !== 'host-actions' && as(composedAs(service), ['test', '-w', socket]).status === 0,
        )
        .map(([name]) => name)
    expect(reaching()).toEqual(['remediator'])
    // Whoever opened the folder: the socket is of that group alone by itself.
    chmodSync(place, 0o755)
    expect(reaching()).toEqual(['remediator'])
  })

  it.each([65102, 65103, 65110])(
    'give user %i no lock, no state of others and no place for a forged plug-in',
    (user) => {
      const folder = host()
      prepare(folder)
      for (const path of ['run/locks', 'run/monitors', 'run/bus', 'state/detector', 'state/k8s-exporter'])
        expect([path, tried(user, `touch ${folder}/${path}/mine`)]).toEqual([path, false])
      for (const path of ['run/locks', 'run/bus', 'state/detector', 'state/k8s-exporter'])
        expect([path, tried(user, `ls ${folder}/${path}`)]).toEqual([path, false])
      expect(tried(65104, `touch ${folder}/run/locks/k8s-exporter.lock`)).toBe(true)
    },
  )

  it('give each monitor a folder for what its checks keep, which is closed to every other service', () => {
    const folder = host()
    prepare(folder, { GPU_USER: '0' })
    for (const { name, uid: owner } of builtServices(SERVICES).filter(({ kind }) => kind === 'monitor')) {
      const place = join(folder, 'state/monitors', name)
      // As its container has it: mounted, whoever may pass to it on the host.
      const own = stateFolderPath({ stateDir: '/mnt', monitor: '..', check: 'kernel' })
      // Two that are root are kept apart by what each has mounted (pods.test.ts).
      const users = builtServices(SERVICES).filter((one) => one.name === name || one.uid !== owner)
      for (const { uid, name: user } of users)
        expect([user, tried(uid, `mkdir ${own} && touch ${own}/cursor.json`, place)]).toEqual([user, user === name])
    }
  })

  it('let nobody of the host reach what a monitor that is root makes in its own', () => {
    const folder = host()
    prepare(folder)
    const own = join(folder, 'state/monitors/log')
    expect(tried(0, 'chmod 0755 /mnt && cp /bin/true /mnt/program && chmod 4755 /mnt/program', own)).toBe(true)
    expect(statSync(join(own, 'program')).mode & 0o7777).toBe(0o4755)
    expect(tried(65534, `${own}/program`)).toBe(false)
  })

  it('give the folder of a plug-in in another pod to its user, whose socket the detector alone reaches, by group 0', () => {
    const folder = host()
    prepare(folder)
    const own = join(folder, 'run/monitors/gpu')
    mkdirSync(own)
    chownSync(own, 65110, 0)
    chmodSync(own, 0o2750)
    const plugin = ['--reuid=65110', '--regid=65110', '--clear-groups']
    const socket = join(own, 'gpu.sock')
    const serve = `const s = require("node:net").createServer().listen(${JSON.stringify(socket)}, () => { require("node:fs").chmodSync(${JSON.stringify(socket)}, 0o660); process.exit() })`
    expect(as(plugin, [process.execPath, '-e', serve])).toEqual({ status: 0, stderr: '' })
    expect(statSync(socket)).toMatchObject({ uid: 65110, gid: 0 })
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    // Writing is what connecting takes.
    const reaches = (user: number, group: number) =>
      as([`--reuid=${user}`, `--regid=${group}`, '--groups=65100'], ['test', '-w', socket]).status === 0
    expect(reaches(65101, 0)).toBe(true)
    for (const user of [65102, 65103, 65104]) expect([user, reaches(user, 65100)]).toEqual([user, false])
  })

  it('close what a release before left open, and keep what is in it', () => {
    const folder = host()
    mkdirSync(join(folder, 'run/locks'))
    chownSync(join(folder, 'run/locks'), 0, 65100)
    chmodSync(join(folder, 'run/locks'), 0o2770)
    writeFileSync(join(folder, 'run/locks/k8s-exporter.lock'), 'held')
    prepare(folder)
    expect(look(folder)['run/locks']).toBe('65104 700')
    expect(statSync(join(folder, 'run/locks/k8s-exporter.lock'))).toMatchObject({ uid: 65104, size: 4 })
  })

  it('change hands with the layout, there and back, with all that is in them', () => {
    const folder = host()
    prepare(folder)
    writeFileSync(join(folder, HISTORY, 'history.db'), '')
    chownSync(join(folder, HISTORY, 'history.db'), 65103, 65100)
    for (const user of [65104, 65103, 65104]) {
      prepare(folder, { HISTORY_USER: String(user) })
      expect(look(folder)[HISTORY]).toBe(`${user} 700`)
      expect(statSync(join(folder, HISTORY, 'history.db')).uid).toBe(user)
    }
  })

  it('change hands with the user of a monitor in a pod of its own, which the agent’s pod leaves alone, whichever comes first', () => {
    const folder = host()
    for (const name of ['run/monitors/gpu', 'state/monitors/gpu/cae92e57/kept'])
      mkdirSync(join(folder, name), { recursive: true })
    const own = join(folder, 'state/monitors/gpu')
    const kept = join(own, 'cae92e57/kept/inventory.json')
    writeFileSync(kept, '{}', { mode: 0o600 })
    for (const user of [0, 65110, 0, 65110]) {
      preparePod(folder, user)
      prepare(folder)
      expect(look(folder)).toMatchObject({ 'state/monitors/gpu': `${user} 700`, 'run/monitors/gpu': `${user} 2750` })
      expect([user, tried(user, 'cat /mnt/cae92e57/kept/inventory.json && touch /mnt/mine', own)]).toEqual([user, true])
      // Of who was there before, and the folder is this one's already.
      chownSync(kept, 65110 - user, 65100)
    }
  })

  it('change hands from a pod of its own to the agent’s', () => {
    const folder = host()
    mkdirSync(join(folder, 'run/monitors/gpu'), { recursive: true })
    preparePod(folder, 65110)
    writeFileSync(join(folder, 'state/monitors/gpu/inventory.json'), '{}')
    chownSync(join(folder, 'state/monitors/gpu/inventory.json'), 65110, 65100)
    prepare(folder, { GPU_USER: '0' })
    expect(statSync(join(folder, 'state/monitors/gpu/inventory.json')).uid).toBe(0)
    expect(look(folder)['state/monitors/gpu']).toBe('0 700')
  })

  it('change hands with the layout also where there are closed folders in them, as checks have them', () => {
    const folder = host()
    prepare(folder)
    const own = join(folder, 'state/monitors/log/kernel')
    mkdirSync(own)
    writeFileSync(join(own, 'cursor.json'), '')
    for (const user of [65102, 0, 65106, 65102]) {
      chmodSync(own, 0o700)
      prepare(folder, { MONITORS_USER: String(user) })
      expect(statSync(join(own, 'cursor.json')).uid).toBe(user)
    }
    prepare(folder, { PLUGIN_USER: '1000' })
    expect(look(folder)['state/monitors/custom-plugin']).toBe('1000 700')
  })
})
