import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { HEAD, parse } from '../../libs/config/testing.ts'
import { detectorSlice } from './config.ts'
import { expectedHere } from './expected-here.ts'

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

/** A machine with a GPU of NVIDIA, or without. */
async function machine(pciClass: string) {
  const root = await mkdtemp(join(tmpdir(), 'nd-expected-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const device = join(root, 'sys/bus/pci/devices/0000:83:00.0')
  await mkdir(device, { recursive: true })
  await writeFile(join(device, 'vendor'), '0x10de\n')
  await writeFile(join(device, 'class'), `${pciClass}\n`)
  return createHost({ root })
}

const CHECKS = 'monitors:\n  - { name: gpus, type: gpu-health-check, when: nvidia-gpu }\n'

async function expectedOn(pciClass: string, text: string) {
  const slice = detectorSlice(parse(`${HEAD}detector: { expect: [gpu, system] }\n${text}`))
  return (await expectedHere(slice, { host: await machine(pciClass), log })).detector.expect
}

test('who is expected is missed on the machines that his checks are for, and on no other', async () => {
  expect(await expectedOn('0x030200', CHECKS)).toEqual(['gpu', 'system'])
  expect(await expectedOn('0x040300', CHECKS)).toEqual(['system'])
})

test('who has a check for every machine is expected on every machine', async () => {
  const always = `${CHECKS}  - { name: fabric, type: gpu-fabric-check }\n`
  expect(await expectedOn('0x040300', always)).toEqual(['gpu', 'system'])
})
