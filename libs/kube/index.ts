export { type AccessOptions, findAccess, type KubeAccess } from './access.ts'
export {
  type ClientOptions,
  createKubeClient,
  type KubeClient,
  type RequestRecord,
  type RequestResult,
} from './client.ts'
export * from './errors.ts'
export {
  ANNOTATIONS,
  isMarked,
  isMarkedBy,
  LINE_MAX,
  type OurMark,
  parseMark,
  planCleanup,
  renderMark,
} from './mark.ts'
export type * from './types.ts'
