import { expect, it } from 'vitest'
import { isReservedAnnotation } from './annotation-keys.ts'

it.each([
  ['kubernetes.io/a', true],
  ['node.alpha.kubernetes.io/ttl', true],
  ['k8s.io/a', true],
  ['x.node-doctor.io/a', true],
  ['kubernetes.io', false],
  ['mykubernetes.io/a', false],
  ['kubernetes.io.example.org/a', false],
  ['example.org/kubernetes.io', false],
])('an annotation is of a domain that no configuration writes to: %s: %s', (key, isReserved) => {
  expect(isReservedAnnotation(key)).toBe(isReserved)
})
