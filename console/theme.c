/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The themes. Colours of the 256 are those of Okabe and Ito, told apart by colour-blind people; the
 * background stays the terminal's own, so that light and dark ones work. No plain blue and no bold
 * black: invisible on common palettes. Colour never says anything alone: views add a letter.
 */
#include "console/theme.h"

#include <string.h>

#define D      STYLE_DEFAULT_COLOR
#define RED    1
#define YELLOW 3
#define CYAN   6

#define MONO                                                                                       \
	{                                                                                          \
		[ROLE_NORMAL] = {D, D, 0}, [ROLE_DIM] = {D, D, STYLE_DIM},                         \
		[ROLE_TITLE] = {D, D, STYLE_BOLD}, [ROLE_FOCUS] = {D, D, STYLE_REVERSE},           \
		[ROLE_SELECT] = {D, D, STYLE_REVERSE}, [ROLE_MARK] = {D, D, STYLE_BOLD},           \
		[ROLE_OK] = {D, D, 0}, [ROLE_STOPPED] = {D, D, STYLE_DIM},                         \
		[ROLE_WARN] = {D, D, STYLE_BOLD}, [ROLE_ERR] = {D, D, STYLE_REVERSE | STYLE_BOLD}, \
		[ROLE_RATE] = {D, D, STYLE_BOLD}, [ROLE_NAME] = {D, D, 0},                         \
		[ROLE_TIME] = {D, D, STYLE_DIM}, [ROLE_KEY] = {D, D, STYLE_REVERSE},               \
		[ROLE_SPARK] = {D, D, 0}, [ROLE_MATCH] = {D, D, STYLE_UNDERLINE | STYLE_BOLD},     \
		[ROLE_DISABLED] = {D, D, STYLE_DIM}, [ROLE_NEW] = {D, D, STYLE_BOLD},              \
	}

#define COLORS_8                                                                                   \
	{                                                                                          \
		[ROLE_NORMAL] = {D, D, 0}, [ROLE_DIM] = {D, D, 0},                                 \
		[ROLE_TITLE] = {D, D, STYLE_BOLD}, [ROLE_FOCUS] = {D, D, STYLE_REVERSE},           \
		[ROLE_SELECT] = {D, D, STYLE_REVERSE}, [ROLE_MARK] = {YELLOW, D, STYLE_BOLD},      \
		[ROLE_OK] = {CYAN, D, 0}, [ROLE_STOPPED] = {D, D, 0},                              \
		[ROLE_WARN] = {YELLOW, D, STYLE_BOLD}, [ROLE_ERR] = {RED, D, STYLE_BOLD},          \
		[ROLE_RATE] = {CYAN, D, 0}, [ROLE_NAME] = {D, D, 0}, [ROLE_TIME] = {D, D, 0},      \
		[ROLE_KEY] = {D, D, STYLE_REVERSE}, [ROLE_SPARK] = {CYAN, D, 0},                   \
		[ROLE_MATCH] = {YELLOW, D, STYLE_UNDERLINE}, [ROLE_DISABLED] = {D, D, 0},          \
		[ROLE_NEW] = {D, D, STYLE_BOLD},                                                   \
	}

const struct theme
	theme_table[] =
		{
			{
				.name = "default",
				.with_8 = COLORS_8,
				.with_256 =
					{
						[ROLE_NORMAL] = {D, D, 0},
						[ROLE_DIM] = {245, D, 0},
						[ROLE_TITLE] = {D, D, STYLE_BOLD},
						[ROLE_FOCUS] = {D, D, STYLE_REVERSE},
						[ROLE_SELECT] = {231, 25, 0},
						[ROLE_MARK] = {214, D, STYLE_BOLD},
						[ROLE_OK] = {36, D, 0},
						[ROLE_STOPPED] = {245, D, 0},
						[ROLE_WARN] = {214, D, 0},
						[ROLE_ERR] = {166, D, STYLE_BOLD},
						[ROLE_RATE] = {74, D, 0},
						[ROLE_NAME] = {175, D, 0},
						[ROLE_TIME] = {245, D, 0},
						[ROLE_KEY] = {D, D, STYLE_REVERSE},
						[ROLE_SPARK] = {74, D, 0},
						[ROLE_MATCH] = {227, D, STYLE_UNDERLINE},
						[ROLE_DISABLED] = {245, D, 0},
						[ROLE_NEW] = {D, D, STYLE_BOLD},
					},
			},
			{
				/* Darker shades for a white background. */
				.name = "light",
				.with_8 = COLORS_8,
				.with_256 =
					{
						[ROLE_NORMAL] = {D, D, 0},
						[ROLE_DIM] = {243, D, 0},
						[ROLE_TITLE] = {D, D, STYLE_BOLD},
						[ROLE_FOCUS] = {D, D, STYLE_REVERSE},
						[ROLE_SELECT] = {231, 25, 0},
						[ROLE_MARK] = {130, D, STYLE_BOLD},
						[ROLE_OK] = {29, D, 0},
						[ROLE_STOPPED] = {243, D, 0},
						[ROLE_WARN] = {130, D, STYLE_BOLD},
						[ROLE_ERR] = {160, D, STYLE_BOLD},
						[ROLE_RATE] = {25, D, 0},
						[ROLE_NAME] = {90, D, 0},
						[ROLE_TIME] = {243, D, 0},
						[ROLE_KEY] = {D, D, STYLE_REVERSE},
						[ROLE_SPARK] = {25, D, 0},
						[ROLE_MATCH] = {90, D,
								STYLE_UNDERLINE | STYLE_BOLD},
						[ROLE_DISABLED] = {243, D, 0},
						[ROLE_NEW] = {D, D, STYLE_BOLD},
					},
			},
			{
				/* Nothing dimmed, everything important bold. */
				.name = "contrast",
				.with_8 = COLORS_8,
				.with_256 =
					{
						[ROLE_NORMAL] = {D, D, 0},
						[ROLE_DIM] = {D, D, 0},
						[ROLE_TITLE] = {D, D, STYLE_BOLD | STYLE_UNDERLINE},
						[ROLE_FOCUS] = {D, D, STYLE_REVERSE | STYLE_BOLD},
						[ROLE_SELECT] = {D, D, STYLE_REVERSE},
						[ROLE_MARK] = {D, D, STYLE_BOLD | STYLE_UNDERLINE},
						[ROLE_OK] = {D, D, STYLE_BOLD},
						[ROLE_STOPPED] = {D, D, 0},
						[ROLE_WARN] = {D, D, STYLE_BOLD | STYLE_UNDERLINE},
						[ROLE_ERR] = {231, 124, STYLE_BOLD},
						[ROLE_RATE] = {D, D, STYLE_BOLD},
						[ROLE_NAME] = {D, D, 0},
						[ROLE_TIME] = {D, D, 0},
						[ROLE_KEY] = {D, D, STYLE_REVERSE},
						[ROLE_SPARK] = {D, D, 0},
						[ROLE_MATCH] = {D, D, STYLE_UNDERLINE | STYLE_BOLD},
						[ROLE_DISABLED] = {D, D, 0},
						[ROLE_NEW] = {D, D, STYLE_BOLD},
					},
			},
			{.name = "mono", .with_8 = MONO, .with_256 = MONO},
};
const size_t theme_count = sizeof(theme_table) / sizeof(theme_table[0]);

const struct theme *theme_find(const char *name)
{
	for (size_t i = 0; i < theme_count; i++) {
		if (!strcmp(theme_table[i].name, name))
			return &theme_table[i];
	}
	return NULL;
}

const struct style *theme_styles(const struct theme *theme, int color_count)
{
	if (color_count < 8)
		return theme_find("mono")->with_8;
	return color_count < 256 ? theme->with_8 : theme->with_256;
}
