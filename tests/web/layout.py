"""What must hold of the page's layout in every state and every browser, as scripts that return what is wrong."""

# How far something reaches out of the page sideways.
CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What can be scrolled sideways and is no field.
SIDEWAYS = """
[...document.querySelectorAll("#page *:not(textarea, pre)")]
  .filter((element) => getComputedStyle(element).overflowX === "auto" && element.scrollWidth > element.clientWidth)
  .map((element) => `${element.localName}.${element.className}: ${element.scrollWidth} of ${element.clientWidth}`)
"""
# Targets that a finger would miss.
SMALL_TARGETS = """
[...document.querySelectorAll("button, select, summary, input, textarea")]
  .map((element) => [element.closest("label") ?? element, element])
  .map(([target, element]) => [target.getBoundingClientRect(), element])
  .filter(([{ width, height }]) => width > 0 && (width < 43.5 || height < 43.5))
  .map(([, element]) => element.outerHTML.slice(0, 120))
"""
