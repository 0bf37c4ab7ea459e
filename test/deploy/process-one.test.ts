/** Process 1 of a container takes note of the end of whatever lost its parent there. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ROOT } from './objects.ts'

const ORPHANS = join(ROOT, 'libs/host/programs/testing-orphans.ts')
const NODE = process.execPath
/** `make soak` has a thousand; with one zombie each, as many as this would be seen as well. */
const RUNS = Number(process.env['NODE_DOCTOR_SOAK_ORPHANS'] ?? 200)
/** Of sources that are compiled already. */
const COMPILED = Object.fromEntries(Object.entries(process.env).filter(([name]) => name === 'NODE_COMPILE_CACHE'))

/** Runs a command as process 1 of a PID namespace where the image's folder holds one service, `orphans`. */
function asProcessOne(command: string) {
  const folder = mkdtempSync(join(tmpdir(), 'process-one-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'orphans.mjs'), `await import(${JSON.stringify(ORPHANS)})\n`)
  const listen = "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')"
  writeFileSync(join(folder, 'npd.mjs'), `await import(${JSON.stringify(ORPHANS)})\n`)
  mkdirSync(join(folder, 'bin'))
  cpSync(ENTRY, join(folder, 'bin/entrypoint.sh'))
  writeFileSync(join(folder, 'listens.mjs'), `${listen}\nsetTimeout(() => process.kill(1, 'SIGTERM'), 100)\n`)
  const script = `mount -t tmpfs none /opt && mkdir /opt/node-doctor && mount --bind ${folder} /opt/node-doctor && exec ${command}`
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--pid', '--fork', '--mount-proc', '--propagation', 'private', 'sh', '-c', script],
    { encoding: 'utf8', env: { PATH: `${join(NODE, '..')}:${process.env['PATH']}`, ...COMPILED } },
  )
  return { status, stderr, said: stdout.trim() }
}

const ENTRY = join(ROOT, 'deploy/images/entrypoint.sh')
const reason = process.getuid?.() === 0 ? '' : 'skipped: a PID namespace needs root'

describe.skipIf(reason !== '')(`a container ${reason}`, () => {
  it('has no zombie after hundreds of plug-ins whose children lost their parent', () => {
    const { status, said, stderr } = asProcessOne(`${ENTRY} orphans ${RUNS}`)
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(said)).toMatchObject({ zombies: 0 })
  })

  it('has none where manifests of node-problem-detector call its program', () => {
    const { status, said, stderr } = asProcessOne(`${join(ROOT, 'deploy/images/npd/node-problem-detector')} 100`)
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(said)).toMatchObject({ zombies: 0 })
  })

  it('has none where several services share it', () => {
    const { status, said } = asProcessOne(`${ENTRY} orphans,orphans 100`)
    expect(status).toBe(0)
    const [first] = said.split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({ zombies: 0 })
  })

  it('would have one for each with Node as process 1', () => {
    expect(JSON.parse(asProcessOne(`node ${ORPHANS} 20`).said)).toEqual({ pid: 1, zombies: 20 })
  })

  it('ends with the code of its service when it is asked to', () => {
    expect(asProcessOne(`${ENTRY} listens`)).toMatchObject({ status: 7, said: 'up' })
  })
})
