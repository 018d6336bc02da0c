/**
 * Follows Airflow's light or dark mode. A plain script, not a module, so that it runs before anything is painted.
 *
 * Airflow sets the class "light" or "dark" at the root of its own page; ours is shown in a frame of that. On its own,
 * or where the parent can't be looked at, the page follows the system.
 */
(() => {
  const own = document.documentElement;
  let parentRoot = null;
  try {
    if (window.parent !== window) parentRoot = window.parent.document.documentElement;
  } catch {
    // Another origin frames us; it can't be asked.
  }
  if (!parentRoot) return;

  const follow = () => {
    const found = ["dark", "light"].find((name) => parentRoot.classList.contains(name));
    if (found) own.dataset.theme = found;
    else delete own.dataset.theme;
  };
  follow();
  new MutationObserver(follow).observe(parentRoot, { attributes: true, attributeFilter: ["class"] });
})();
