"""The loss of a training as an SVG: of training batches, and of held-out conversations."""

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 360, 48, 24, 36


def svg(training, held_out, unit):
    """`training` and `held_out` are lists of (time, loss)."""
    points = training + held_out
    if not points:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"></svg>\n'
    end = max(x for x, _ in points) or 1
    top = min(max(y for _, y in points), 6.0)

    def place(x, y):
        return (f"{LEFT + (WIDTH - LEFT - 12) * x / end:.1f},"
                f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(y, top) / top):.1f}")

    def line(values, colour):
        return f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(place(x, y) for x, y in values)}"/>'
    marks = []
    for i in range(5):
        x, y = end * i / 4, top * i / 4
        marks.append(f'<text x="{place(x, 0).split(",")[0]}" y="{HEIGHT - 14}" text-anchor="middle">{x:.0f}</text>')
        marks.append(f'<text x="{LEFT - 6}" y="{place(0, y).split(",")[1]}" text-anchor="end">{y:.1f}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">'
            f'<rect width="100%" height="100%" fill="white"/>{"".join(marks)}'
            f'<text x="{WIDTH / 2}" y="{HEIGHT - 2}" text-anchor="middle">{unit}</text>'
            f'<text x="{WIDTH - 12}" y="14" text-anchor="end"><tspan fill="#888">loss of training batches</tspan> '
            f'<tspan fill="#c33">of held-out conversations</tspan></text>'
            f'{line(training, "#888")}{line(held_out, "#c33")}</svg>\n')
