/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree and its fields. Nodes are kept in one array, operands before their operation, so that
 * nothing needs to descend into it to free or check all of them.
 */
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter_parts.h"
#include "backend/base/mem.h"

struct filter_item *filter_item_of(const struct filter_node *node)
{
	return CONTAINER_OF(node, struct filter_item, node);
}

const struct filter_node *filter_parent(const struct filter_node *node)
{
	struct filter_item *parent = filter_item_of(node)->parent;

	return parent ? &parent->node : NULL;
}

struct filter_item *filter_add(struct filter *filter, enum filter_kind kind, size_t begin,
			       size_t end)
{
	struct filter_item *item = mem_zalloc(sizeof(*item));

	item->node.kind = kind;
	item->node.begin = begin;
	item->node.end = end;
	item->number = filter->item_count;
	filter->items = mem_grow(filter->items, filter->item_count, &filter->item_room,
				 sizeof(struct filter_item *));
	filter->items[filter->item_count++] = item;
	return item;
}

static int compare_steps(const struct filter_step *left, const struct filter_step *right)
{
	if (!left->name != !right->name)
		return left->name ? 1 : -1;
	if (left->name)
		return strcmp(left->name, right->name);
	return (left->index > right->index) - (left->index < right->index);
}

static int compare_fields(const void *left_field, const void *right_field)
{
	const struct filter_node *left = left_field;
	const struct filter_node *right = right_field;
	int order =
		(left->field.scope > right->field.scope) - (left->field.scope < right->field.scope);

	for (size_t i = 0; order == 0 && i < left->field.step_count && i < right->field.step_count;
	     i++)
		order = compare_steps(&left->field.steps[i], &right->field.steps[i]);
	if (order != 0)
		return order;
	return (left->field.step_count > right->field.step_count) -
	       (left->field.step_count < right->field.step_count);
}

struct filter_item *filter_add_field(struct filter *filter, enum filter_scope scope,
				     struct filter_step *steps, size_t step_count, size_t begin,
				     size_t end)
{
	struct filter_item *item = filter_add(filter, FILTER_FIELD, begin, end);
	struct filter_node *node = &item->node;
	const struct filter_node **same;

	item->sort = SORT_FIELD;
	node->field.scope = scope;
	node->field.steps = steps;
	node->field.step_count = step_count;
	node->field.number = (unsigned int)filter->field_count;
	same = tsearch(node, &filter->fields_by_name, compare_fields);
	if (!same)
		abort(); /* no memory */
	if (*same != node) {
		node->field.number = (*same)->field.number;
		return item;
	}
	filter->fields = mem_grow(filter->fields, filter->field_count, &filter->field_room,
				  sizeof(const struct filter_node *));
	filter->fields[filter->field_count++] = node;
	return item;
}

void filter_free_steps(struct filter_step *steps, size_t step_count)
{
	for (size_t i = 0; i < step_count; i++)
		free((char *)steps[i].name);
	free(steps);
}

static void free_item(struct filter_item *item)
{
	if (item->node.kind == FILTER_FIELD)
		filter_free_steps((struct filter_step *)item->node.field.steps,
				  item->node.field.step_count);
	if (item->node.kind == FILTER_STRING)
		free((char *)item->node.string.bytes);
	free(item);
}

static void leave_node(void *node)
{
	(void)node; /* the tree's items are the filter's nodes */
}

void filter_destroy(struct filter *filter)
{
	if (!filter)
		return;
	tdestroy(filter->fields_by_name, leave_node);
	for (size_t i = 0; i < filter->item_count; i++)
		free_item(filter->items[i]);
	free(filter->items);
	free(filter->fields);
	free(filter->text);
	free(filter);
}

const char *filter_text(const struct filter *filter)
{
	return filter->text;
}

const struct filter_node *filter_root(const struct filter *filter)
{
	return filter->root;
}

size_t filter_field_count(const struct filter *filter)
{
	return filter->field_count;
}

const struct filter_node *filter_field(const struct filter *filter, size_t number)
{
	return filter->fields[number];
}

bool filter_field_has_index(const struct filter_node *field)
{
	for (size_t i = 0; i < field->field.step_count; i++)
		if (!field->field.steps[i].name)
			return true;
	return false;
}

bool filter_string_is_pattern(const struct filter_node *string)
{
	const char *byte = string->string.bytes;

	for (; *byte && *byte != '*'; byte++)
		if (*byte == '\\' && byte[1])
			byte++;
	return byte[0] == '*' && byte[1];
}

void filter_print_field(const struct filter_node *field, struct text *out)
{
	if (field->field.scope != FILTER_PAYLOAD)
		text_add(out, field->field.scope == FILTER_CONTEXT ? "$ctx." : "$app.");
	for (size_t i = 0; i < field->field.step_count; i++) {
		const struct filter_step *step = &field->field.steps[i];

		if (!step->name)
			text_addf(out, "[%" PRIu64 "]", step->index);
		else
			text_addf(out, "%s%s", i > 0 ? "." : "", step->name);
	}
}

void filter_print_value(const struct filter_value *value, struct text *out)
{
	switch (value->kind) {
	case FILTER_VALUE_SIGNED:
		text_addf(out, "%lld", (long long)value->signed_value);
		break;
	case FILTER_VALUE_UNSIGNED:
		text_addf(out, "%llu", (unsigned long long)value->unsigned_value);
		break;
	case FILTER_VALUE_FLOAT:
		text_addf(out, "%.17g", value->float_value);
		break;
	case FILTER_VALUE_STRING:
		text_add_char(out, '"');
		text_add_sane(out, value->string.bytes, value->string.length, TEXT_SANE_LINE);
		text_add_char(out, '"');
		break;
	case FILTER_VALUE_MISSING:
		text_add(out, "unavailable");
	}
}
