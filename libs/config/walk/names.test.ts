import { describe, expect, it } from 'vitest'
import { ConfigErrors } from '../errors.ts'
import { HEAD, parse } from '../testing.ts'

function faultOf(type: string): string | undefined {
  try {
    parse(`${HEAD}plugins:\n  - { name: fan, socketAddress: /run/f.sock, conditions: [{ type: "${type}" }] }\n`)
  } catch (err) {
    if (err instanceof ConfigErrors) return err.problems[0]?.text
    throw err
  }
  return undefined
}

describe('a name that is none', () => {
  it.each([
    ['StrangerFan:fansd', ': ":" may not stand in it'],
    ['Disk full', ': " " may not stand in it'],
    ['-Disk', ': it may not begin with "-"'],
    ['Größe', ': "ö" may not stand in it'],
    ['', ': it is empty'],
  ])('is answered with what keeps it from being one: %j', (type, why) => {
    expect(faultOf(type)).toBe(`"${type}" is not a condition type${why}; expected one such as "GPUHealthy"`)
  })

  it('or with its length', () => {
    expect(faultOf('A'.repeat(64))).toContain('is not a condition type: it is longer than 63 characters; expected')
    expect(faultOf('A'.repeat(63))).toBeUndefined()
  })

  it.each(['GPU-Healthy', 'vendor.example/Fan_1', '1Disk'])(
    'is none of what the detector takes of an answer: %s',
    (type) => {
      expect(faultOf(type)).toBeUndefined()
    },
  )
})

describe('keys of a map that have to be names', () => {
  const faults = (text: string): readonly string[] => {
    try {
      parse(`${HEAD}${text}\n`)
    } catch (err) {
      if (err instanceof ConfigErrors) return err.problems.map(({ path, text: said }) => `${path}: ${said}`)
      throw err
    }
    return []
  }

  it('are faults of their own where they are none', () => {
    expect(faults('exporters: { prometheus: { labels: { my-label: a, le: b, cluster: c } } }')).toEqual([
      'exporters.prometheus.labels.my-label: its name is not the name of a label (letters, digits, "_"); expected one such as "cluster"',
      'exporters.prometheus.labels.le: its name is not the name of a label (letters, digits, "_"); expected one such as "cluster"',
    ])
    const own = '{ node-doctor.io/status: fine, example.org/a: b, a..b/c: d, -x: y, team: z }'
    expect(faults(`exporters: { kubernetes: { nodeAnnotations: ${own} } }`).map((one) => one.split(':')[0])).toEqual([
      'exporters.kubernetes.nodeAnnotations.node-doctor.io/status',
      'exporters.kubernetes.nodeAnnotations.a..b/c',
      'exporters.kubernetes.nodeAnnotations.-x',
    ])
  })

  it.each(['kubernetes.io', 'k8s.io', 'node-doctor.io', 'node.alpha.kubernetes.io', 'a.node-doctor.io'])(
    'are not of a domain whose annotations others read: %s',
    (domain) => {
      expect(faults(`exporters: { kubernetes: { nodeAnnotations: { ${domain}/a: b } } }`)).toEqual([
        `exporters.kubernetes.nodeAnnotations.${domain}/a: its name is not the key of an annotation outside of kubernetes.io, k8s.io and node-doctor.io; expected one such as "example.org/team"`,
      ])
    },
  )

  it('are those of domains and names that only look like them', () => {
    expect(faults('exporters: { kubernetes: { nodeAnnotations: { mykubernetes.io/a: b, k8s.io: c } } }')).toEqual([])
  })
})

it.each([
  ['/', '/'],
  ['//', '/'],
  ['/.', '/'],
  ['/var/', '/var'],
  ['/./var//lib/./', '/var/lib'],
  ['/a/../b', '/a/../b'],
  ['/.hidden/...', '/.hidden/...'],
])('a path of the node is in force as it is spelled shortest: %s', (path, plain) => {
  const { monitors } = parse(
    `${HEAD}monitors:\n  - { name: disk, type: disk-health-check, config: { paths: [{ path: "${path}" }] } }\n`,
  )
  expect(monitors[0]?.config).toMatchObject({ paths: [{ path: plain }] })
})
