/** The image that ours stands on: the published one where it can be had, else a stand-in made of the same parts. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { run, tryRun } from './exec.ts'

const PUBLISHED = 'node:24.21.0-bookworm-slim'
const STAND_IN = 'node-doctor-base:bookworm'
const ROOT = join(import.meta.dirname, '../..')

/** Debian 12 with nats-server, tini, systemd, ip, ping and nft, as a tar in the cache; a minute's work the first time. */
function debianTar(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor')
  const tar = join(cache, 'base-bookworm-3.tar')
  if (existsSync(tar)) return tar
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'ndc-base-'))
  try {
    console.log('making a stand-in for the base image with debootstrap')
    const include = '--include=ca-certificates,iproute2,iputils-ping,nats-server,nftables,systemd,tini'
    run(['debootstrap', '--variant=minbase', include, 'bookworm', join(work, 'root')])
    rmSync(join(work, 'root/var/cache/apt'), { recursive: true, force: true })
    run(['tar', 'cf', join(work, 'tar'), '--one-file-system', '-C', join(work, 'root'), '.'])
    run(['cp', join(work, 'tar'), `${tar}.${process.pid}`])
    renameSync(`${tar}.${process.pid}`, tar)
    return tar
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The name of an image to build on. @throws when there is none and none can be made. */
export function baseImage(engine: Engine): string {
  const has = (image: string) => tryRun(['docker', 'image', 'inspect', image], engine.env).status === 0
  if (has(PUBLISHED)) return PUBLISHED
  // An engine of our own has no network to fetch with.
  if (!engine.isOwn && tryRun(['docker', 'pull', '--quiet', PUBLISHED], engine.env).status === 0) return PUBLISHED
  if (has(STAND_IN)) return STAND_IN
  run(['docker', 'import', debianTar(), `${STAND_IN}-bare`], engine.env)
  const context = mkdtempSync(join(tmpdir(), 'ndc-node-'))
  try {
    run(['cp', '--dereference', join(ROOT, 'node_modules/.bin/node'), join(context, 'node')])
    run([
      'sh',
      '-c',
      `printf 'FROM ${STAND_IN}-bare\\nCOPY node /usr/local/bin/node\\n' > ${join(context, 'Dockerfile')}`,
    ])
    run(['docker', 'build', '--quiet', '--tag', STAND_IN, context], engine.env)
    return STAND_IN
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}
