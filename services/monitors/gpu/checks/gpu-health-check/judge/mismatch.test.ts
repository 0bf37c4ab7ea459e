import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import type { NodeLibrary } from '../../../driver/node-library.ts'
import { failureOf } from '../../../smi/failure.ts'
import type { HealthReading } from '../reading.ts'
import { judgeMismatch } from './mismatch.ts'

const SAID = 'Failed to initialize NVML: Driver/library version mismatch'

function judged(version: string | undefined, library: string | undefined, answeredBy?: string, node?: NodeLibrary) {
  const text = library === undefined ? SAID : `${SAID}\nNVML library version: ${library}`
  const query = { kind: 'failed', failure: failureOf(text), said: SAID, tookMs: 1 } as const
  const driver = observed({ isLoaded: true, version })
  return judgeMismatch({ driver, query, library: node } as unknown as HealthReading, answeredBy)
}

test.each([
  ['580.95.05', '590.48', undefined],
  ['590.48.01', '590.48', undefined],
  ['470.256.02', undefined, undefined],
  // It answered by this module, so the library is what was changed.
  ['580.95.05', undefined, '580.95.05'],
  ['580.95.05', '590.48', '580.95.05'],
  // The packages of the node were changed to older ones.
  ['590.48.01', '580.95', '590.48.01'],
])(
  'a library that is not the one by which it answered, or newer than the module %s, asks for a reboot (library %s, answered by %s)',
  (version, library, answeredBy) => {
    expect(judged(version, library, answeredBy)).toMatchObject({
      level: 'bad',
      severity: 'error',
      action: 'reboot-node',
    })
  },
)

test('a library that has been older than the module since the process began is the node’s own, once that has lasted', () => {
  // A reboot cures neither that, nor a container that began while its driver was exchanged, of whose deleted file an overlay says nothing.
  const held = { level: 'bad', severity: 'error', action: 'contact-support', needed: 3 }
  const has = (...versions: string[]) => ({ versions, isReplaced: false })
  for (const node of [undefined, has(), has('580.95.05')])
    expect(judged('590.48.01', '580.95', undefined, node)).toMatchObject(held)
  expect(judged('590.48.01', '580.95')).toMatchObject({
    message: `${SAID}: driver 590.48.01 is loaded, and the library has been the older 580.95 since this monitor began; a reboot changes neither: let no package of the driver be held back (apt-mark showhold), and give the node the library of its driver; if this container was started while the driver was exchanged, start it again`,
  })
  // The node has the module's: a container has an older one, whoever gave it that.
  for (const node of [has('590.48.01'), { versions: [], isReplaced: true }])
    expect(judged('590.48.01', '580.95', undefined, node)).toMatchObject({
      level: 'unknown',
      reason: 'LibraryOfBefore',
    })
})

test.each([
  ['590.48.01', '580.95', '580.95.05'],
  ['590.48.01', undefined, '580.95.05'],
  // The node got an older driver.
  ['580.95.05', '590.48', '590.48.01'],
])(
  'a module %s that was loaded since then is no fault of the node (library %s, answered by %s)',
  (version, library, answeredBy) => {
    expect(judged(version, library, answeredBy)).toEqual({
      id: 'driver-mismatch',
      level: 'unknown',
      reason: 'LibraryOfBefore',
      message: `${SAID}: driver ${version} is loaded, and nvidia-smi here is of another one; a container has the library that it was started with: start it again`,
    })
  },
)
