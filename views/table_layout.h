/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the table widget: which columns and which rows of the canvas serve what. */
#ifndef TRACON_VIEWS_TABLE_LAYOUT_H
#define TRACON_VIEWS_TABLE_LAYOUT_H

#include "views/table.h"

struct table_frame {
	int header_rows, body_rows, footer_rows;
};

const struct table_column *table_flexible_column(const struct table_class *class);
/* 0: not shown. Returns where the first column begins; one blank lies between columns. */
int table_find_widths(const struct table *table, int columns, int widths[TABLE_COLUMNS_MAX]);
int table_flexible_width(const struct table *table, int columns);
void table_find_frame(const struct table *table, const struct view_input *input, int rows,
		      struct table_frame *frame);
/* The footer's two parts; both empty: no footer. */
void table_add_footer(const struct table *table, const struct view_input *input, struct text *alert,
		      struct text *status);

#endif
