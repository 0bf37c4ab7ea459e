/** The model as protobuf and back. Both directions of each message stand side by side; nothing else converts. */
export * from './condition.ts'
export * from './declare.ts'
export * from './enums.ts'
export * from './monitor.ts'
export * from './report.ts'
