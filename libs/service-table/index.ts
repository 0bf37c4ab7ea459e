export { folderOf, type Named, socketOf } from './places.ts'
export {
  type BuiltService,
  builtServices,
  deployedServices,
  type PlannedService,
  plannedServices,
  readersOf,
  servicesOfPod,
} from './rows.ts'
export { RESERVED_NAMES, SERVICES, type ServiceName } from './table.ts'
export type * from './types.ts'
