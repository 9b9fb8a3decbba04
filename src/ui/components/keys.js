{
    const find = (selector) => document.querySelector(selector);
    const dialog = find('#keys');
    const singles = dialog.querySelector('input');
    singles.checked = localStorage.getItem('keys') !== 'off';
    singles.addEventListener('change', () => localStorage.setItem('keys', singles.checked ? 'on' : 'off'));

    // The row that has the cursor is the one in the order of Tab, so that Tab leads back to it.
    const move = (by) => {
        const rows = [...document.querySelectorAll('tr[data-endpoint]')];
        const last = document.activeElement.closest('tr[data-endpoint]') ?? find('tr[data-endpoint][tabindex]');
        const next = last ? rows[rows.indexOf(last) + by] ?? last : rows[0];
        if (!next) return false;
        find('tr[data-endpoint][tabindex]')?.removeAttribute('tabindex');
        next.tabIndex = 0;
        next.focus();
        return true;
    };
    const click = (element) => {
        element?.click();
        return !!element;
    };
    const focus = (element) => {
        element?.focus();
        return !!element;
    };
    const acts = {
        '/': () => focus(find('input[type="search"]')),
        ArrowDown: () => move(1),
        j: () => move(1),
        ArrowUp: () => move(-1),
        k: () => move(-1),
        x: () => click(document.activeElement.closest('tr[data-endpoint]')?.querySelector('[data-click="select"]')),
        Escape: () => click(find('[data-click="clear"]')),
        '?': () => dialog.showModal() ?? true,
    };
    document.addEventListener('keydown', (event) => {
        const { key, target } = event;
        const isSingle = key.length === 1;
        const isModified = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && !isSingle);
        const isTyped = target.closest('input:not([type="checkbox"]), select, textarea');
        if (isModified || isTyped || find('dialog[open]') || (isSingle && !singles.checked)) return;
        if (Object.hasOwn(acts, key) && acts[key]()) event.preventDefault();
    });
    document.addEventListener('click', ({ target }) => target.closest('[data-click="keys"]') && dialog.showModal());
}
