/** What the driver's state says of the node. Pure. */
import type { Finding } from '#monitor-kit'
import {
  type DriverKnown,
  type DriverLack,
  type DriverWord,
  isGivenAway,
  judgeDriverLack,
  type PciGpu,
  type Reading,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { DriverState } from './source.ts'

const TYPE = 'GPUDriverFailed'

/** A look, and when it was made on that clock. */
export interface DriverLook {
  readonly state: Reading<DriverState>
  readonly nowMs: number
}

const placesOf = (gpus: readonly PciGpu[]): string => gpus.map(({ place }) => place).join(', ')

function well(reason: string, message: string): Finding {
  return { type: TYPE, health: 'healthy', reason, message }
}

/** What is missing, in words. */
function faultOf({ kind, gpus }: DriverLack, { version, isNouveauLoaded }: DriverState) {
  const places = placesOf(gpus)
  switch (kind) {
    case 'nouveau':
      return {
        reason: 'NouveauLoaded',
        message: `nouveau drives the GPU at ${places}, so that the driver of NVIDIA cannot; keep nouveau from being loaded (modprobe.d: blacklist nouveau) and reboot`,
        summary: 'nouveau has the GPU',
        action: 'reboot-node',
      } as const
    case 'not-loaded': {
      const beside = isNouveauLoaded ? '; nouveau is loaded, which keeps it away' : ''
      return {
        reason: 'DriverNotLoaded',
        message: `the driver of NVIDIA is not loaded, and there is a GPU at ${places}${beside}; until it is no pod of the runtime nvidia starts`,
        summary: 'GPU driver is not loaded',
        action: 'restart-service',
      } as const
    }
    case 'not-bound':
      return {
        reason: 'DriverNotBound',
        message: `the driver of NVIDIA (${version || 'version unknown'}) is loaded and has not taken the GPU at ${places}; the kernel log says why`,
        summary: 'GPU without a driver',
        action: 'reboot-node',
      } as const
  }
}

/** What follows of GPUs of which none is without a driver that it needs. */
function wellOf(kind: 'no-gpu' | 'given-away' | 'has' | 'excused', { gpus, version }: DriverState): Finding {
  const own = gpus.filter((gpu) => !isGivenAway(gpu))
  switch (kind) {
    case 'no-gpu':
      return well('NoGPU', 'there is no GPU of NVIDIA')
    case 'given-away':
      return well('GivenAway', `each GPU of NVIDIA is given to virtual machines: ${gpus.length}`)
    case 'excused':
      return well('DriverExcused', `a person said that the GPU at ${placesOf(own)} needs no driver of NVIDIA`)
    case 'has': {
      const taken = own.filter(({ driver }) => driver === 'nvidia')
      const others = own.filter(({ driver }) => driver !== 'nvidia')
      const beside = others.length === 0 ? '' : `; ${placesOf(others)} does without`
      const message = `the driver of NVIDIA ${version || '(version unknown)'} has ${taken.length} of ${own.length} GPUs${beside}`
      return well('DriverLoaded', message)
    }
  }
}

function findingOf(word: DriverWord, state: DriverState): Finding {
  if (word.kind === 'not-expected') {
    const message = `the GPU at ${placesOf(word.gpus)} drives screens, and the driver of NVIDIA never had it`
    return well('DriverNotExpected', message)
  }
  if (!('lack' in word)) return wellOf(word.kind, state)
  const fault = faultOf(word.lack, state)
  switch (word.kind) {
    case 'waiting':
      return { ...well(fault.reason, fault.message), pending: true }
    case 'missing':
      return { type: TYPE, health: 'problem', severity: 'critical', ...fault }
  }
}

/** @returns the finding, and what the next look is to know */
export function evaluateDriver({ state, nowMs }: DriverLook, config: Config, memory: DriverKnown) {
  if (!state.ok) return { findings: [unknownFinding(TYPE, state)], memory }
  const { value } = state
  const seen = { gpus: value.gpus, isLoaded: value.version !== undefined, nowMs }
  const expected = {
    sustainedMinutes: config.sustainedMissingMinutes,
    isAlways: config.driverIsExpected === 'always',
    doesCountUnbound: true,
  }
  const { word, known } = judgeDriverLack(seen, expected, memory)
  return { findings: [findingOf(word, value)], memory: known }
}
