import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { APP_COLUMNS, parseApps } from './apps.ts'
import { parseDetails } from './details.ts'
import { failureOf } from './failure.ts'
import { askedFields, FIELDS, namesInHelp } from './fields.ts'
import { numberIn, parseRows, textIn, valueIn } from './rows.ts'
import { readValue } from './values.ts'

const ALL = new Set(FIELDS.keys())
const asked = ['index', 'uuid', 'pci.bus_id', 'temperature.gpu', 'name'].map((key) => ({ key, name: key }))
const HEAD = 'index, uuid, pci.bus_id, temperature.gpu, name'
const row = (index: number, name = 'NVIDIA H200') =>
  `${index}, GPU-${index}f, 00000000:8${index}:00.0, 3${index}, ${name}`
const parse = (text: string, isCut = false) => parseRows(text, asked, isCut)

describe('a value', () => {
  test('is a number, a word, not supported, or has failed', () => {
    const of = (text: string) => readValue(text, 'number')
    expect([' 25', '-2', '77.71', '212 us', '100 %', '16x'].map(of)).toEqual(
      [25, -2, 77.71, 212, 100, 16].map((value) => ({ kind: 'number', value })),
    )
    const without = [
      'N/A',
      '[N/A]',
      '[Not Supported]',
      'Not Supported',
      '[Requested functionality has been deprecated]',
      '',
    ]
    expect(without.map(of)).toEqual(without.map(() => ({ kind: 'not-supported' })))
    const failed = [
      '[Unknown Error]',
      '[GPU requires reset]',
      '[GPU is lost]',
      '0x1f',
      '1e3',
      '--',
      '12 parsecs',
      'Infinity',
    ]
    expect(failed.map(of)).toEqual(failed.map((text) => ({ kind: 'failed', text })))
  })

  test('of a switch is one of its words, and nothing else', () => {
    expect(readValue('Not Active', 'active')).toEqual({ kind: 'text', text: 'Not Active' })
    expect(readValue('yes', 'yes-no')).toEqual({ kind: 'text', text: 'Yes' })
    expect(['Enabled?', 'On', 'Yes'].map((text) => readValue(text, 'on-off').kind)).toEqual([
      'failed',
      'failed',
      'failed',
    ])
  })
})

describe('the table', () => {
  test('has GPUs by their places, in whatever order they are printed', () => {
    const text = `${HEAD}\n${row(1)}\n${row(0, 'NVIDIA A, with a comma')}\n`
    const answer = parse(text)
    expect(answer?.rows.map(({ place, uuid, index, name }) => [place, uuid, index, name])).toEqual([
      ['0000:80:00', 'GPU-0f', 0, 'A, with a comma'],
      ['0000:81:00', 'GPU-1f', 1, 'H200'],
    ])
    expect(answer).toMatchObject({ malformed: 0, isCut: false })
  })

  test('may have units in its head, newer names, and warnings before it', () => {
    const text = `WARNING: infoROM is corrupted\nindex, gpu_uuid, pci.bus_id, temperature.gpu [C], gpu_name\n${row(0)}\n`
    expect(parse(text)?.rows).toHaveLength(1)
  })

  test('that is cut keeps its whole rows, and says that there may be more', () => {
    const whole = `${HEAD}\n${row(0)}\n${row(1)}\n`
    for (let length = 0; length < whole.length; length++) {
      const answer = parse(whole.slice(0, length))
      const isHead = length > HEAD.length
      expect(answer === undefined).toBe(!isHead)
      const rows = whole.slice(0, length).split('\n').length - 2
      if (answer !== undefined) expect(answer.rows).toHaveLength(rows)
      // Between two rows nothing shows that it was cut but who cut it.
      if (answer !== undefined && !whole.slice(0, length).endsWith('\n')) expect(answer.isCut).toBe(true)
    }
    expect(parse(whole, true)?.isCut).toBe(true)
  })

  test('with rows that name no GPU, or one twice, says so', () => {
    const text = `${HEAD}\n${row(0)}\n${row(0)}\n1, GPU-1f, nowhere, 31, x\n1, 2\n`
    expect(parse(text)).toMatchObject({ rows: [{ place: '0000:80:00' }], malformed: 3 })
  })

  test('of other columns is no answer', () => {
    expect(parse(`uuid, index, pci.bus_id, temperature.gpu, name\n${row(0)}\n`)).toBeUndefined()
    expect(parse(`${HEAD}, more\n${row(0)}\n`)).toBeUndefined()
    expect(parse('')).toBeUndefined()
  })

  test('says of a card what it could not be asked, and that it asks for a reset', () => {
    const text = `${HEAD}\n0, [Unknown Error], 00000000:83:00.0, [GPU requires reset], NVIDIA H200\n`
    const [gpu] = parse(text)!.rows
    expect(gpu).toMatchObject({ uuid: undefined, asksForReset: true })
    expect([numberIn(gpu!, 'temperature.gpu'), textIn(gpu!, 'pstate'), valueIn(gpu!, 'pstate')]).toEqual([
      undefined,
      undefined,
      { kind: 'not-supported' },
    ])
  })

  test('never throws, and reads no number out of what is none', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('[Unknown Error]', '00000000:83:00.0', 'GPU-3f', ',', '\n', '\0'),
    )
    const text = fc.array(cell, { maxLength: 30 }).map((cells) => `${HEAD}\n${cells.join(', ')}\n`)
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), fc.boolean(), (printed, isCut) => {
        for (const gpu of parseRows(printed, asked, isCut)?.rows ?? []) {
          const celsius = numberIn(gpu, 'temperature.gpu')
          if (celsius !== undefined) expect(printed).toContain(String(Math.abs(celsius)).slice(0, 3))
        }
        parseApps(printed, isCut)
        parseDetails(printed)
        failureOf(printed)
        namesInHelp(printed)
      }),
    )
  })
})

describe('fields', () => {
  test('are those that the driver knows, by the newest name that it takes', () => {
    const help =
      'List of valid properties\n\n"uuid" or "gpu_uuid"\nThe "globally" unique.\n\n"clocks_throttle_reasons.hw_slowdown"\nx\n\n"name"\n'
    const known = namesInHelp(help)
    expect([...known]).toEqual(['uuid', 'gpu_uuid', 'clocks_throttle_reasons.hw_slowdown', 'name'])
    expect(askedFields(known, new Set())).toEqual([
      { key: 'uuid', name: 'uuid' },
      { key: 'clocks_event_reasons.hw_slowdown', name: 'clocks_throttle_reasons.hw_slowdown' },
      { key: 'name', name: 'name' },
    ])
    expect(askedFields(known, new Set(['uuid', 'gpu_uuid'])).map(({ key }) => key)).not.toContain('uuid')
  })

  test('of a driver whose help says nothing are those that every driver knows', () => {
    const plain = askedFields(new Set(), new Set()).map(({ name }) => name)
    expect(plain).toContain('uuid')
    expect(plain).not.toContain('gpu_recovery_action')
    expect(plain.at(-1)).toBe('name')
  })

  test('end with the name, since that may have commas in it', () => {
    expect(askedFields(ALL, new Set()).at(-1)).toEqual({ key: 'name', name: 'name' })
  })
})

test('processes are told by their numbers alone: a line break in what one is called would look like another', () => {
  expect(APP_COLUMNS.filter((name) => name.endsWith('name'))).toEqual([])
  const head = APP_COLUMNS.join(', ').replace('used_gpu_memory', 'used_gpu_memory [MiB]')
  const text = `${head}\nGPU-1f, 8123, 2566\nGPU-1f, 9, [N/A]\n`
  expect(parseApps(text, false)).toEqual([
    { uuid: 'GPU-1f', pid: 8123, usedMib: 2566 },
    { uuid: 'GPU-1f', pid: 9, usedMib: undefined },
  ])
  expect(parseApps(`${head}\n`, false)).toEqual([])
  expect([parseApps(text, true), parseApps(`${text}GPU-1f, 1`, false), parseApps('', false)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('what nvidia-smi means where it fails', () => {
  const kinds = [
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure", { kind: 'no-driver' }],
    [
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 590.48',
      { kind: 'mismatch', library: '590.48' },
    ],
    ['Failed to initialize NVML: Driver Not Loaded', { kind: 'no-driver' }],
    ['No devices were found', { kind: 'no-devices' }],
    [
      'Unable to determine the device handle for GPU 0000:83:00.0: GPU is lost.  Reboot the system',
      { kind: 'lost', place: '0000:83:00' },
    ],
    ['Unable to determine the device handle for GPU0000:41:00.0: Unknown Error', { kind: 'lost', place: '0000:41:00' }],
    [
      'Unable to determine the device handle for GPU0: 0001:83:00.0: GPU is lost.',
      { kind: 'lost', place: '0001:83:00' },
    ],
    ['Field "fabric.state" is not a valid field to query.', { kind: 'unknown-field', name: 'fabric.state' }],
    ["NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", { kind: 'library-missing' }],
    ['Segmentation fault', { kind: 'other' }],
  ] as const
  for (const [text, failure] of kinds) expect(failureOf(text)).toEqual(failure)
})

test('details are values by the sections that they stand in; of processes nothing is kept', () => {
  const text = `
==============NVSMI LOG==============

Attached GPUs                                          : 2
GPU 00000000:83:00.0
    Product Name                                       : NVIDIA H200
    ECC Errors
        Volatile
            SRAM Correctable                           : 0
        Aggregate
            SRAM Threshold Exceeded                    : No
        Channel Repair Pending                         : No
    PCI
        Replays Since Reset                            : 7
    Processes
        GPU instance ID                                : N/A
        Process ID                                     : 9
            Name                                       : Channel Repair Pending : Yes

GPU 00000000:84:00.0
    Product Name                                       : NVIDIA H200
`
  const [first, second] = parseDetails(text)
  expect([first?.place, second?.place]).toEqual(['0000:83:00', '0000:84:00'])
  expect(Object.fromEntries(first!.values)).toEqual({
    'Product Name': 'NVIDIA H200',
    'ECC Errors/Volatile/SRAM Correctable': '0',
    'ECC Errors/Aggregate/SRAM Threshold Exceeded': 'No',
    'ECC Errors/Channel Repair Pending': 'No',
    'PCI/Replays Since Reset': '7',
  })
})
