import { unitAction } from '../unit/act.ts'

export const systemdReload = unitAction('reload', 'Lets a unit of systemd read its configuration anew')
