import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseConfig } from '#config'
import { createHost } from '#host'
import { readNvidiaGpus } from '#monitor-kit/source'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const names = (folder: string) => readdirSync(join(import.meta.dirname, folder)).map((file) => basename(file, '.tsv'))

function make(capture: string, state = 'idle') {
  const folder = mkdtempSync(join(tmpdir(), 'nd-smi-'))
  folders.push(folder)
  execFileSync('sh', [join(import.meta.dirname, 'make.sh'), folder, capture, state])
  return {
    folder,
    ask(...args: string[]) {
      const { status, stdout, stderr } = spawnSync(join(folder, 'nvidia-smi'), args, { encoding: 'utf8' })
      return { status, lines: stdout.trimEnd().split('\n'), stderr }
    },
  }
}

test.each(names('captures'))('plays %s by every way of asking', (capture) => {
  const { ask } = make(capture)
  const fields = ask('--help-query-gpu')
    .lines.filter((line) => line.startsWith('"'))
    .map((line) => /^"([^"]+)"/.exec(line)?.[1])
  const answer = ask(`--query-gpu=${fields.join(',')}`, '--format=csv')
  expect(answer).toMatchObject({ status: 0, stderr: '' })
  const [head, row] = answer.lines.map((line) => line.split(', ').length)
  expect([head, row]).toEqual([fields.length, fields.length])
  for (const args of [['-q'], ['-L'], ['nvlink', '-s'], ['nvlink', '-e'], ['topo', '-p2p', 'n'], ['--version']])
    expect([args, ask(...args).status]).toEqual([args, 0])
})

test('fails the whole query where one field is not known, as the real one does', () => {
  const { ask } = make('h200')
  expect(ask('--query-gpu=index,no.such', '--format=csv')).toMatchObject({
    status: 2,
    lines: ['Field "no.such" is not a valid field to query.'],
  })
  expect(ask('--query-gpu=index').status).toBe(2)
  expect(ask('-l', '1').status).toBe(2)
})

test('prints units as the real one does, and leaves them out where it is told to', () => {
  const { ask } = make('h200', 'load')
  const asked = '--query-gpu=gpu_name,memory.total,temperature.gpu,ecc.errors.uncorrected.volatile.total'
  expect(ask(asked, '--format=csv').lines).toEqual([
    'name, memory.total [MiB], temperature.gpu, ecc.errors.uncorrected.volatile.total',
    'NVIDIA H200, 143771 MiB, 52, 0',
  ])
  expect(ask(asked, '--format=csv,noheader,nounits').lines).toEqual(['NVIDIA H200, 143771, 52, 0'])
})

test('is a node with eight GPUs, one of which may be gone', () => {
  const { ask, folder } = make('h200x8')
  const places = () => ask('--query-gpu=index,pci.bus_id', '--format=csv,noheader').lines
  expect(places()).toHaveLength(8)
  writeFileSync(join(folder, 'state'), 'missing\n')
  expect(places()).toHaveLength(7)
  expect(places()[0]).toBe('1, 00000000:8B:00.0')
})

test('says of several GPUs what each state lays over a capture', () => {
  const { ask, folder } = make('h200x2')
  const fields = ask('--help-query-gpu').lines.flatMap((line) => /^"([^"]+)"/.exec(line)?.[1] ?? [])
  const all = `--query-gpu=${fields.filter((name) => name !== 'timestamp').join(',')}`
  const asks = [['-q'], ['nvlink', '-s'], ['nvlink', '-e'], ['topo', '-p2p', 'n'], [all, '--format=csv']]

  /** What all of it prints in this state, but for the time. */
  function told(state: string): string {
    writeFileSync(join(folder, 'state'), `${state}\n`)
    const answers = asks.map((args) => ask(...args))
    expect([state, answers.map(({ stderr }) => stderr).join('')]).toEqual([state, ''])
    return answers.flatMap(({ lines }) => lines.filter((line) => !line.startsWith('Timestamp'))).join('\n')
  }

  const well = told('idle')
  expect(names('states').filter((state) => told(state) === well)).toEqual([])
})

test('has a machine made around it, with a card on PCI and a configuration by which it is watched', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nd-smi-'))
  folders.push(folder)
  const machine = (...args: string[]) => execFileSync(join(import.meta.dirname, 'machine.sh'), [folder, ...args])
  machine('h200', 'hot')
  const { monitors, settings } = parseConfig(readFileSync(join(folder, 'config.yaml'), 'utf8'), 'config.yaml', {
    env: {},
    flags: [],
  })
  expect(monitors.map(({ name, type }) => [name, type])).toEqual([['gpu', 'gpu-health-check']])
  const gpus = await readNvidiaGpus(createHost({ root: settings.hostRoot }))
  expect(gpus).toEqual([{ place: '0000:83:00.0', kind: 'compute', driver: 'nvidia' }])
  const heat = () =>
    execFileSync(String(monitors[0]?.config['nvidiaSmi']), [
      '--query-gpu=temperature.gpu',
      '--format=csv,noheader,nounits',
    ])
      .toString()
      .trim()
  expect(heat()).toBe('91')
  machine('h200')
  expect(Number(heat())).toBeLessThan(50)
})
