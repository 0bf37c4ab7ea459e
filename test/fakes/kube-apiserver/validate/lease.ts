/** coordination.k8s.io/v1 leases, after pkg/apis/coordination/validation. */
import { type JsonObject, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { invalidValue } from './cause.ts'

export function validateLease(lease: JsonObject): Cause[] {
  const causes: Cause[] = []
  const holder = valueAt(lease, 'spec', 'holderIdentity')
  if (holder === '') causes.push(invalidValue('spec.holderIdentity', '', 'must not be empty'))
  const duration = valueAt(lease, 'spec', 'leaseDurationSeconds')
  if (typeof duration === 'number' && duration <= 0)
    causes.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'))
  const transitions = valueAt(lease, 'spec', 'leaseTransitions')
  if (typeof transitions === 'number' && transitions < 0)
    causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'))
  return causes
}
