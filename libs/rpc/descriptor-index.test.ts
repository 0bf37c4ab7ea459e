import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type DescriptorIndex, indexDescriptors } from './descriptor-index.ts'
import { readDescriptors } from './descriptors.ts'

let index: DescriptorIndex

beforeAll(async () => {
  index = indexDescriptors(await readDescriptors())
})

describe('the descriptors', () => {
  it.each([
    ['nodedoctor.v1.Monitor', 'nodedoctor/v1/monitor.proto'],
    ['nodedoctor.v1.Monitor.Watch', 'nodedoctor/v1/monitor.proto'],
    ['nodedoctor.v1.Observation', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.Observation.entity', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.MetricSample.LabelsEntry', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.Health', 'nodedoctor/v1/types.proto'],
    ['grpc.health.v1.HealthCheckResponse.ServingStatus', 'grpc/health/v1/health.proto'],
    ['google.protobuf.Timestamp', 'google/protobuf/timestamp.proto'],
  ])('know that %s stands in %s', (symbol, file) => {
    expect(index.fileOf(symbol)).toBe(file)
  })

  it('know no symbol that nobody defined', () => {
    expect(index.fileOf('nodedoctor.v1.Nobody')).toBeUndefined()
    expect(index.withImports('nobody.proto')).toBeUndefined()
  })

  it('give a file with all that it imports, itself first', () => {
    expect(index.withImports('nodedoctor/v1/monitor.proto')).toHaveLength(3)
    expect(index.withImports('google/protobuf/timestamp.proto')).toHaveLength(1)
  })

  it('end with an error, not for ever, when the bytes are damaged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          indexDescriptors(bytes)
        } catch (err) {
          expect(err).toBeInstanceOf(Error)
        }
      }),
    )
  })
})
