import { expect } from 'chai';
import { namePattern } from '../../../drivers/lib/file-glob.ts';
import { type ItemRules, overlaps, planItems, type Source } from '../../../drivers/lib/rsync-items.ts';

const folder = (path: string, contents = false): Source => ({ path, isFolder: true, contents });
const file = (path: string): Source => ({ path, isFolder: false, contents: false });
const rules = (more: Partial<ItemRules> = {}): ItemRules => ({
  dst: '/copy',
  exclude: [],
  include: [],
  included: [],
  relative: false,
  taken: [],
  ...more,
});
const places = (sources: readonly Source[], more: Partial<ItemRules> = {}) =>
  planItems(sources, rules(more)).map(({ sources: from, to }) => `${from.join(' ')} -> ${to}`);
const filters = (sources: readonly Source[], more: Partial<ItemRules> = {}) => planItems(sources, rules(more)).map((item) => item.filters);

describe('unit: rsync: items of a target', () => {
  it('a folder goes under its own name, its contents with a trailing slash, and never twice under one name', () => {
    expect(places([folder('/srv/data')])).to.deep.equal(['/srv/data/ -> /copy/data/']);
    expect(places([folder('/srv/data', true)])).to.deep.equal(['/srv/data/ -> /copy/']);
    expect(places([folder('/etc/inet')], { dst: '/etc/inet/' })).to.deep.equal(['/etc/inet/ -> /etc/inet/']);
    expect(places([folder('/', true)])).to.deep.equal(['/ -> /copy/']);
    expect(places([folder('/srv/data')], { dst: '/' })).to.deep.equal(['/srv/data/ -> /data/']);
  });

  it('files of one folder there go together, also when dst names the file itself', () => {
    expect(places([file('/etc/passwd'), folder('/srv/data'), file('/srv/note')])).to.deep.equal([
      '/srv/data/ -> /copy/data/',
      '/etc/passwd /srv/note -> /copy/',
    ]);
    expect(places([file('/etc/passwd')], { dst: '/etc/passwd' })).to.deep.equal(['/etc/passwd -> /etc/']);
    expect(planItems([file('/etc/passwd')], rules()).map(({ covers }) => covers)).to.deep.equal([['/copy/passwd']]);
  });

  it('absolute excludes are anchored at each item; what lies outside is dropped, what is named itself stays', () => {
    const exclude = ['/etc/', '/dev/', '/var/adm/sa/', '*.core'];
    expect(filters([folder('/', true), folder('/etc/inet'), folder('/var/adm')], { exclude })).to.deep.equal([
      ['--exclude=/etc/', '--exclude=/dev/', '--exclude=/var/adm/sa/', '--exclude=*.core'],
      ['--exclude=*.core'],
      ['--exclude=/sa/', '--exclude=*.core'],
    ]);
  });

  it('an include below an excluded folder is an item of its own, where it belongs', () => {
    const more = { exclude: ['/etc/'], include: ['/etc/inet/', '*.keep'], included: [folder('/etc/inet', true), file('/etc/passwd')] };
    const items = planItems([folder('/', true)], rules({ ...more, dst: '/clone' }));
    expect(items.map(({ sources, to, covers }) => [...sources, to, ...covers])).to.deep.equal([
      ['/', '/clone/', '/clone'],
      ['/etc/inet/', '/clone/etc/inet/', '/clone/etc/inet'],
      ['/etc/passwd', '/clone/etc/', '/clone/etc/passwd'],
    ]);
    expect(items[0]?.filters).to.deep.equal(['--include=*.keep', '--exclude=/etc/']);
    expect(places([folder('/srv', true)], { included: [folder('/srv/a')] }), 'not excluded').to.deep.equal(['/srv/ -> /copy/']);
  });

  it('what another resource keeps there is left out, wildcards taken literally', () => {
    const taken = ['/copy/etc/passwd', '/other', '/copy', '/copy/a[1]*'];
    expect(filters([folder('/srv', true)], { taken })).to.deep.equal([['--exclude=/etc/passwd', '--exclude=/a\\[1]\\*']]);
  });

  it('with -R one run keeps every path, and excludes are right as they are', () => {
    const items = planItems(
      [folder('/etc/inet'), file('/etc/passwd')],
      rules({ dst: '/', relative: true, exclude: ['/etc/inet/x', '*.core'] }),
    );
    expect(items).to.deep.equal([
      {
        sources: ['/etc/inet', '/etc/passwd'],
        to: '/',
        covers: ['/etc/inet', '/etc/passwd'],
        filters: ['--exclude=/etc/inet/x', '--exclude=*.core'],
      },
    ]);
  });

  it('paths overlap when one lies below the other, not when only their names begin alike', () => {
    expect([overlaps('/a', '/a/b'), overlaps('/a/b', '/a'), overlaps('/a', '/a'), overlaps('/', '/a')]).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect([overlaps('/a', '/ab'), overlaps('/a/b', '/a/c')]).to.deep.equal([false, false]);
  });

  it('patterns of names', () => {
    const matching = (pattern: string) => ['a.conf', 'b.conf', 'ab', '.hidden', 'a+b'].filter((name) => namePattern(pattern).test(name));
    expect(matching('*.conf')).to.deep.equal(['a.conf', 'b.conf']);
    expect(matching('[!b]*')).to.deep.equal(['a.conf', 'ab', 'a+b']);
    expect(matching('[a-b].conf')).to.deep.equal(['a.conf', 'b.conf']);
    expect(matching('.*')).to.deep.equal(['.hidden']);
    expect(matching('a?b')).to.deep.equal(['a+b']);
    expect(matching('a+b')).to.deep.equal(['a+b']);
  });
});
