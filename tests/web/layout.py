"""What must hold of the page's layout in every state and every browser, as scripts that return what is wrong."""

# How far something reaches out of the page sideways.
CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Targets that a finger would miss.
SMALL_TARGETS = """
[...document.querySelectorAll("button, select, summary, input, textarea")]
  .map((element) => [element.closest("label") ?? element, element])
  .map(([target, element]) => [target.getBoundingClientRect(), element])
  .filter(([{ width, height }]) => width > 0 && (width < 43.5 || height < 43.5))
  .map(([, element]) => element.outerHTML.slice(0, 120))
"""
