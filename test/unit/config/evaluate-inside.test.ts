import { expect } from 'chai';
import { parseDocument } from '../../../agent/config/document.ts';
import { evaluateService } from '../../../agent/config/evaluate.ts';
import { evaluateDocument, evaluateKeyword } from '../../../agent/config/evaluate-keyword.ts';
import type { DriverCard } from '../../../agent/config/definition.ts';

const word = { kind: 'string', text: 'A word.' } as const;
const cards: readonly DriverCard[] = [
  { id: 'container.lxc', keywords: { name: { kind: 'string', required: true, text: 'Its name.' } }, abilities: [] },
  { id: 'app.simple', keywords: { start: word, more: word }, abilities: [] },
  { id: 'fs.ext4', keywords: { mnt: word }, abilities: [] },
];
const catalog = {
  types: (group: string) => cards.filter(({ id }) => id.startsWith(`${group}.`)).map(({ id }) => id.slice(group.length + 1)),
  card: (id: string) => cards.find((card) => card.id === id),
};

function evaluate(text: string, node = 'n1') {
  const { definition, problems } = evaluateService(parseDocument(text, 'svc1.conf'), { name: 'svc1', node, catalog });
  const told = problems.map((problem) => `${problem.severity} ${problem.section} ${problem.keyword ?? ''}: ${problem.text}`);
  const app = definition?.resources.find(({ rid }) => rid === 'app#1');
  return { told, app, start: app?.config['start'], rids: definition?.resources.map(({ rid }) => rid) };
}

const head = '[DEFAULT]\nnodes = n1 n2\n';
const container = '[container#0]\ntype = lxc\nname = ct1\n';
const app = (lines: string) => `[app#1]\ntype = simple\nencap = true\n${lines}\n`;

describe('sections that live in a container', () => {
  it('are read for the name of the container, as one of encapnodes, listed there or not', () => {
    for (const encapnodes of ['', 'encapnodes = ct1\n']) {
      const text = `${head}${encapnodes}${container}${app('start = plain\nstart@n1 = node\nstart@nodes = nodes\nstart@encapnodes = inside')}`;
      const { told, start, app: found } = evaluate(text);
      expect([told, start]).to.deep.equal([[], 'inside']);
      expect(found?.inside).to.deep.equal({ container: 'container#0', node: 'ct1' });
    }
    expect(evaluate(`${head}${container}${app('start = plain\nstart@ct1 = mine\nstart@encapnodes = all')}`)).to.deep.include({
      told: [],
      start: 'mine',
    });
    expect(evaluate(`${head}${container}${app('start = {nodename} {short_nodename} {clusternodes}')}`).start).to.equal('ct1 ct1 n1');
  });

  it('may say so by a tag, and keep their place in the file', () => {
    const text = `${head}${app('start = x').replace('encap = true', 'tags = a encap')}[fs#1]\ntype = ext4\n${container}`;
    const { told, app: found, rids } = evaluate(text);
    expect(told).to.deep.equal([]);
    expect(found?.inside?.container).to.equal('container#0');
    expect(rids).to.deep.equal(['app#1', 'fs#1', 'container#0']);
  });

  it('follow a container whose name depends on the node, also while other nodes are checked', () => {
    const text = `${head}[container#0]\ntype = lxc\nname@n1 = one\nname@n2 = two\n${app('start = {nodename}')}`;
    expect(evaluate(text).start).to.equal('one');
    expect(evaluate(text, 'n2').start).to.equal('two');
    expect(evaluate(`${head}[container#0]\ntype = lxc\nname@n1 = one\n${app('start = x')}`).told[0]).to.match(
      /name is required.*on node n2/,
    );
  });

  it('need a container, and one that is meant', () => {
    expect(evaluate(`${head}${app('start = x')}`).told).to.deep.equal([
      'error app#1 encap: lives inside a container, but the file has no valid container section',
    ]);
    const two = `${container}[container#1]\ntype = lxc\nname = ct2\n`;
    const guessed = evaluate(`${head}${two}${app('start = x')}`);
    expect(guessed.told).to.deep.equal(['warning app#1 encap: lives inside container#0, the first container: let encapnodes name one']);
    expect(guessed.app?.inside?.container).to.equal('container#0');
    const named = evaluate(`${head}encapnodes = ct2\n${two}${app('start = {nodename}')}`);
    expect([named.told, named.start]).to.deep.equal([[], 'ct2']);
  });

  it('are shown as they are read', () => {
    const doc = parseDocument(`${head}${container}${app('start@nodes = out\nstart@encapnodes = {nodename}')}`, 'svc1.conf');
    const env = { name: 'svc1', node: 'n1', catalog };
    expect(evaluateKeyword(doc, env, 'app#1.start').text).to.equal('ct1');
    const shown = evaluateDocument(doc, env).find(({ name }) => name === 'app#1');
    expect(shown?.entries).to.deep.include({ key: 'start', text: 'ct1' });
  });

  it('tell their own problems once, and a container is never inside', () => {
    expect(evaluate(`${head}${container}${app('strat = x')}`).told).to.have.length(1);
    expect(evaluate(`${head}${container}encap = true\n${app('start = x')}`).app?.inside?.container).to.equal('container#0');
    expect(evaluate(`${head}${container}${app('start = x').replace('true', 'perhaps')}`).told).to.have.length(1);
  });
});
