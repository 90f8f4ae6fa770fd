/** Which module answers which verb; each is loaded only when asked. The compiler checks that no verb is missing. */
import type { App, Command } from './app.ts';
import type { VerbName } from './verbs.ts';

const action: Command = async (app) => (await import('./commands/action.ts')).actionCommand(app);
const mark: Command = async (app) => (await import('./commands/mark.ts')).markCommand(app);
const enable: Command = async (app) => (await import('./commands/enable.ts')).enableCommand(app);

export const commands = {
  'print status': async (app) => (await import('./commands/status.ts')).statusCommand(app),
  check: async (app) => (await import('./commands/check.ts')).checkCommand(app),
  ls: async (app) => (await import('./commands/ls.ts')).lsCommand(app),
  start: action,
  stop: action,
  restart: action,
  provision: action,
  unprovision: action,
  run: action,
  freeze: mark,
  thaw: mark,
  clear: async (app) => (await import('./commands/interrupted.ts')).clearCommand(app),
  resume: async (app) => (await import('./commands/interrupted.ts')).resumeCommand(app),
  enable,
  disable: enable,
  'print config': async (app) => (await import('./commands/print-config.ts')).printConfigCommand(app),
  get: async (app) => (await import('./commands/get.ts')).getCommand(app),
  set: async (app) => (await import('./commands/change-config.ts')).changeCommand(app),
  unset: async (app) => (await import('./commands/change-config.ts')).changeCommand(app),
  edit: async (app) => (await import('./commands/edit.ts')).editCommand(app),
  validate: async (app) => (await import('./commands/validate.ts')).validateCommand(app),
  create: async (app) => (await import('./commands/create.ts')).createCommand(app),
  delete: async (app) => (await import('./commands/delete.ts')).deleteCommand(app),
  'print schedule': async (app) => (await import('./commands/print-schedule.ts')).printScheduleCommand(app),
  'print plan': async (app) => (await import('./commands/print-plan.ts')).printPlanCommand(app),
  link: async (app) => (await import('./commands/link.ts')).linkCommand(app),
  'schedule explain': async (app) => (await import('./commands/explain.ts')).explainCommand(app),
  history: async (app) => (await import('./commands/history.ts')).historyCommand(app),
  logs: async (app) => (await import('./commands/logs.ts')).logsCommand(app),
  'node doctor': async (app) => (await import('./commands/doctor.ts')).doctorCommand(app),
  'node print config': async (app) => (await import('./commands/node-config.ts')).nodeConfigCommand(app),
  doc: async (app) => (await import('./commands/doc.ts')).docCommand(app),
  completion: async (app) => (await import('./commands/completion.ts')).completionCommand(app),
} as const satisfies Record<VerbName, (app: App) => Promise<number>>;
